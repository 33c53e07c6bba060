/** The objects that people keep: where they are, and which of their fields stand together in a form. */

export type Kind = {
  path: string
  one: string
  noun: string
  create: string
  update: string
  groups: [string, string[]][]
}

const NAMES: [string, string[]] = ['', ['name', 'detail']]

export const KINDS = {
  route: {
    path: '/v1.0/routes',
    one: 'route',
    noun: 'route',
    create: 'RouteCreate',
    update: 'RouteUpdate',
    groups: [
      ['', ['customer_id', 'target', 'provider_id', 'priority', 'weight', 'enabled']],
      ['When', ['valid_from', 'valid_until']],
      ['For people', ['name', 'detail']],
    ],
  },
  provider: {
    path: '/v1.0/providers',
    one: 'provider',
    noun: 'provider',
    create: 'ProviderCreate',
    update: 'ProviderUpdate',
    groups: [
      ['', ['name', 'hostname', 'transport', 'enabled', 'detail']],
      ['Limits', ['max_channels', 'max_cps']],
      ['Login at the carrier', ['username', 'password']],
      ['Numbers', ['number_format', 'home_region', 'tech_prefix', 'tech_postfix', 'digit_rules']],
      [
        'Who calls',
        [
          'caller_format',
          'caller_rules',
          'identity_headers',
          'trusted',
          'anonymous',
          'diversion',
          'sign',
          'portability',
        ],
      ],
      ['Failing over', ['failover', 'no_response_timeout_s', 'progress_timeout_s', 'ring_timeout_s']],
      ['Media and headers', ['codecs', 'tech_headers', 'metadata']],
    ],
  },
  customer: {
    path: '/v1.0/customers',
    one: 'customer',
    noun: 'customer',
    create: 'CustomerCreate',
    update: 'CustomerUpdate',
    groups: [
      ['', ['name', 'detail']],
      ['Contact', ['email', 'phone_number', 'address']],
      ['Webhook', ['webhook_method', 'webhook_uri']],
    ],
  },
  trunk: {
    path: '/v1.0/trunks',
    one: 'trunk',
    noun: 'trunk',
    create: 'TrunkCreate',
    update: 'TrunkUpdate',
    groups: [
      ['', ['customer_id', 'name', 'detail', 'enabled']],
      ['How calls are recognised', ['auth_types', 'allowed_ips', 'domain_name', 'username', 'password']],
      ['Numbers', ['default_region', 'trusted_identity', 'caller_default']],
      ['Limits', ['max_channels', 'max_cps', 'mode']],
    ],
  },
  accesskey: {
    path: '/v1.0/accesskeys',
    one: 'access key',
    noun: 'accesskey',
    create: 'AccessKeyCreate',
    update: 'AccessKeyUpdate',
    groups: [['', ['customer_id', 'name', 'detail', 'role', 'edge', 'expire']]],
  },
  agent: {
    path: '/v1.0/agents',
    one: 'person',
    noun: 'agent',
    create: 'AgentCreate',
    update: 'AgentUpdate',
    groups: [['', ['customer_id', 'username', 'password', 'role']], NAMES],
  },
} satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS
