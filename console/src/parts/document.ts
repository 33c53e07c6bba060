/** The fields of the API's bodies, as its own OpenAPI document describes them: forms are drawn from it. */
import { useQuery } from '@tanstack/react-query'
import { get } from '../api/client'

type Schema = {
  type?: string
  title?: string
  description?: string
  enum?: (string | number)[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  minimum?: number
  maximum?: number
  maxLength?: number
  writeOnly?: boolean
  format?: string
}

type Document = { components: { schemas: Record<string, Schema> } }

export type FieldType = 'text' | 'number' | 'flag' | 'choice' | 'choices' | 'texts' | 'json'

export type Field = {
  name: string
  type: FieldType
  choices: string[]
  description: string
  required: boolean
  nullable: boolean
  minimum?: number
  maximum?: number
}

export function useFields(schema: string): Field[] | undefined {
  const document = useQuery<Document>({
    queryKey: ['openapi'],
    queryFn: () => get<Document>('/openapi.json'),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const found = document.data?.components.schemas[schema]
  return (
    found && Object.entries(found.properties ?? {}).map(([name, property]) => fieldOf(name, property, found.required))
  )
}

function fieldOf(name: string, property: Schema, required: string[] = []): Field {
  const options = property.anyOf ?? [property]
  const schema = { ...property, ...(options.find(option => option.type !== 'null') ?? {}) }
  const choices = (schema.items?.enum ?? schema.enum ?? []).map(String)
  return {
    name,
    type: typeOf(schema, choices),
    choices: choices.filter(choice => choice !== ''),
    description: property.description ?? '',
    required: required.includes(name),
    nullable: options.some(option => option.type === 'null'),
    minimum: schema.minimum,
    maximum: schema.maximum,
  }
}

function typeOf(schema: Schema, choices: string[]): FieldType {
  if (schema.type === 'boolean') return 'flag'
  if (schema.type === 'array') return choices.length ? 'choices' : schema.items?.type === 'string' ? 'texts' : 'json'
  if (choices.length) return 'choice'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'object') return 'json'
  return 'text'
}

/** A field's name as a label: `max_channels` -> `Max channels`. */
export function label(name: string): string {
  const words = name
    .replace(/^tm_/, '')
    .replace(/_id$/, '')
    .replace(/_s$/, ' (s)')
    .replace(/_ms$/, ' (ms)')
    .replaceAll('_', ' ')
  const capital = words.charAt(0).toUpperCase() + words.slice(1)
  return capital.replace(/\b(ips?|cps|uri|id)\b/gi, word => word.toUpperCase().replace('IPS', 'IPs'))
}
