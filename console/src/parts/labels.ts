/** Names of fields as people read them. */

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
