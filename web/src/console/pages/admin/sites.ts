/** Sites as the API has them, with the kinds and states of the catalogue. */
export interface Site {
  id: string
  code: string
  name: string
  kind: string
  address: string | null
  responsible_unit: string | null
  responsible_person: string | null
  phone: string | null
  cell: string | null
  status: 'proposed' | 'active' | 'closed'
  label: string | null
  rev: number
}

export const STATUSES = ['proposed', 'active', 'closed'] as const

/** In the order of the catalogue. */
export const KINDS = [
  'construction',
  'demolition',
  'production',
  'logistics_park',
  'road',
  'voc_enterprise',
  'tank_farm',
  'loading_site',
  'paint_dealer',
  'municipal_works',
  'farmland',
  'admin_area',
  'bare_land',
  'stockpile_yard',
  'shop',
  'truck_park',
  'quarry',
  'mine',
  'repair_shop',
  'dry_cleaner',
  'industrial_park',
  'petrol_station',
  'oil_depot',
  'tanker',
  'oil_terminal',
  'boiler',
  'kiln',
  'fuel_dealer',
  'farm_animals',
  'machinery',
  'vessel',
  'port',
  'vehicle',
  'test_station',
  'fleet',
  'restaurant',
  'catering_building',
  'street_stall',
  'outfall',
  'water_source',
  'tailings',
  'waste_site',
  'hospital',
  'waste_point',
  'other',
] as const
