/** What a series is called: its cell, and its topic or campaign where it is one of these. */
import { onMounted, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '../../api'
import { useCells } from '../../parts/cells'

export interface Campaign {
  id: string
  name: string
}

export function useSeriesName() {
  const { t } = useI18n()
  const cells = useCells()
  const campaigns = shallowRef<Campaign[]>([])
  onMounted(async () => {
    campaigns.value = await api.get<Campaign[]>('/campaigns').catch(() => []) // without them an id is shown
  })
  return ({ cell, topic, campaign }: { cell: string; topic: string | null; campaign: string | null }): string => {
    const named = campaign && (campaigns.value.find((each) => each.id === campaign)?.name ?? campaign)
    return [cells.called(cell), topic && t(`code.topic.${topic}`), named].filter(Boolean).join(' · ')
  }
}
