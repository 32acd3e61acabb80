/** ECharts with what is drawn here and nothing else, as SVG, which prints sharp; and the charts' options.
 *
 * Loaded when the first chart is shown. A chart says nothing that the table below it does not say.
 */
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer])

export interface Series {
  name: string
  values: (number | null)[]
}

export interface ChartAsked {
  kind: 'bar' | 'line'
  names: string[]
  series: Series[]
  /** Values are per cent: the axis ends at 100. */
  percent?: boolean
}

const INKS = {
  light: { text: '#1d2530', soft: '#566172', line: '#dde2e9', series: ['#1456a0', '#1b7a3d', '#c47a00', '#b8281e'] },
  dark: { text: '#e6eaf0', soft: '#a7b1bf', line: '#323b47', series: ['#8ab8f5', '#6fcf97', '#f0b45c', '#ff9a91'] },
}
const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
const SHAPES = ['circle', 'rect', 'triangle', 'diamond']

/** The options of a chart. Bars carry their numbers where there is room for them. */
export function optionOf(asked: ChartAsked, dark: boolean): Record<string, unknown> {
  const inks = INKS[dark ? 'dark' : 'light']
  const bars = asked.names.length * asked.series.length
  const label = { show: bars <= 40, position: 'top', color: inks.text, fontSize: 11 }
  return {
    animation: false,
    color: inks.series,
    textStyle: { fontFamily: FONT },
    grid: { left: 8, right: 12, top: 40, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: inks.text }, itemGap: 18 },
    tooltip: { trigger: 'axis', confine: true, valueFormatter: (n: number | null) => worded(n, asked.percent) },
    xAxis: {
      type: 'category',
      data: asked.names,
      axisLabel: { color: inks.text, interval: 0, rotate: asked.names.length > 12 ? 40 : 0, hideOverlap: true },
      axisLine: { lineStyle: { color: inks.soft } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      minInterval: asked.percent ? undefined : 1,
      max: asked.percent ? 100 : undefined,
      axisLabel: { color: inks.soft, formatter: asked.percent ? '{value} %' : '{value}' },
      splitLine: { lineStyle: { color: inks.line } },
    },
    series: asked.series.map((each, n) => ({
      name: each.name,
      type: asked.kind,
      data: each.values,
      barMaxWidth: 28,
      symbol: SHAPES[n],
      symbolSize: 8,
      label,
    })),
  }
}

function worded(n: number | null, percent?: boolean): string {
  return n == null ? '—' : percent ? `${n} %` : String(n)
}

export function draw(box: HTMLElement): EChartsType {
  return init(box, null, { renderer: 'svg' })
}
