import { later } from './later'

export const Chart = later(() => import('./Chart'))
