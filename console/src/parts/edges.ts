import type { Edge } from '../api/queries'

/** What is to be warned of at an edge: its clock, or its certificates. */
export const warningsOf = (edge: Edge) => edge.checks.filter(one => one.state === 'warn' || one.state === 'bad')
