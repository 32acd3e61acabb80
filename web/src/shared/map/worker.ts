/** MapLibre's worker as a file of ours: by itself it looks for one beside its own script, where no build puts it. */
import { setWorkerUrl } from 'maplibre-gl'
import address from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'

setWorkerUrl(address)
