import { later } from './later'

export const Chart = later(() => import('./Chart'))
export const Brush = later(() => import('./Brush'))
