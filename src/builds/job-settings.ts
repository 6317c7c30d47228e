import type { Job } from '../ims/records.ts'
import { imageKeys } from '../definitions/image-builds.ts'
import { optionKey, type OptionDefinition } from '../definitions/definition.ts'
import type { ImageSpec } from './image-spec.ts'

/** The options that become fields of a job. */
export function fieldRows(type: Job['job_type']): readonly OptionDefinition[] {
  return (type === 'create' ? imageKeys.recipe : imageKeys.base).filter((row: OptionDefinition) => row.field !== undefined)
}

const plain = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : value)

/** What an order says of its job, by the request's fields. */
export function settingsOf(order: ImageSpec): Record<string, unknown> {
  return Object.fromEntries(fieldRows(order.job_type).map((row) => [row.field!, plain(order[optionKey(row) as keyof ImageSpec])]))
}

/** Whether a customize job's shell is confined; undefined where the service decides. In a jail `/` is the image root, where scripts are to run. */
export function jailOf({ job_type, jail, script, run }: ImageSpec): boolean | undefined {
  if (job_type === 'create') return undefined
  return jail ?? (script !== undefined || run !== undefined ? true : undefined)
}

type Setting = string | number | boolean | null | undefined

/** The settings in which a job isn't what an order asks for, a line each; what its record doesn't tell isn't compared. */
export function differingSettings(order: ImageSpec, job: Job): string[] {
  const asked = settingsOf(order)
  const fields = fieldRows(order.job_type).map(
    (row) => [row.flag, job[row.field as keyof Job] as Setting, asked[row.field!] as Setting] as const,
  )
  const jail = ['--jail', job.job_type === 'customize' ? job.ssh_containers?.[0]?.jail : undefined, jailOf(order)] as const
  const debug = ['--debug', job.job_type === 'create' ? job.enable_debug : undefined, order.debug || undefined] as const
  return [...fields, jail, debug]
    .filter(([, has, wanted]) => wanted !== undefined && has !== undefined && has !== null && String(has) !== String(wanted))
    .map(([flag, has, wanted]) => `  ${flag} ${String(has)}, not ${String(wanted)}`)
}
