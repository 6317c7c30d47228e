import { deletedGroup } from '../definitions/deleted.ts'
import { imagesGroup } from '../definitions/images.ts'
import { jobsGroup } from '../definitions/jobs.ts'
import { publicKeysGroup } from '../definitions/public-keys.ts'
import { recipesGroup } from '../definitions/recipes.ts'
import { remoteBuildNodesGroup } from '../definitions/remote-build-nodes.ts'
import { isGroup, type GroupDefinition, type OptionDefinition, type OptionType } from '../definitions/definition.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import type { Field, Fields } from './validation.ts'

const types: Partial<Record<OptionType, Field['type']>> = { integer: 'integer', boolean: 'boolean', booleans: 'boolean' }

/** What only the service knows of a field; fields that no option sends name their type. */
type Corrections = { readonly [path: string]: Partial<Field> }

const notBlank = (name: string): Partial<Field> => ({ blank: `${name} field must not be blank` })

const link: Corrections = {
  link: { nullable: true },
  // The service says "name" of it.
  'link.path': { required: true, ...notBlank('name') },
  'link.etag': {},
  'link.type': { required: true, choices: ['s3'], called: 'Type' },
}

const linkPatched: Corrections = { ...link, link: {} }

const templates: Corrections = {
  template_dictionary: { nullable: true },
  'template_dictionary[].key': { required: true },
  'template_dictionary[].value': { required: true },
}

/**
 * The fields of each request that has some: the rows of the command that sends it, corrected by what only the
 * service knows. The corrections' order is the service's, and so that of the errors.
 * Source: recorded answers, and the service's own schemas (version 3.33).
 */
export const requestFields = {
  createRecipe: fieldsOf(recipesGroup, 'create', {
    name: notBlank('name'),
    ...link,
    recipe_type: { called: 'Recipe type' },
    linux_distribution: { called: 'Recipe type' },
    ...templates,
    require_dkms: {},
    arch: {},
  }),
  updateRecipe: fieldsOf(recipesGroup, 'update', { ...linkPatched, arch: {}, require_dkms: {}, ...templates }),
  createImage: fieldsOf(imagesGroup, 'create', {
    name: notBlank('name'),
    ...link,
    arch: {},
    // The pair of key and value has become one entry by the time it is looked at.
    metadata: { type: 'texts by key' },
  }),
  updateImage: fieldsOf(imagesGroup, 'update', {
    ...linkPatched,
    arch: {},
    metadata: {},
    'metadata.operation': { required: true },
    'metadata.key': { required: true },
    'metadata.value': {},
  }),
  createPublicKey: fieldsOf(publicKeysGroup, 'create', { name: notBlank('name'), public_key: notBlank('public_key') }),
  createRemoteBuildNode: fieldsOf(remoteBuildNodesGroup, 'create', { xname: notBlank('name') }),
  createJob: fieldsOf(jobsGroup, 'create', {
    artifact_id: { type: 'uuid' },
    public_key_id: { type: 'uuid' },
    job_type: { called: 'Job type' },
    image_root_archive_name: notBlank('image_root_archive_name'),
    enable_debug: {},
    build_env_size: { tooSmall: 'build_env_size must be greater than or equal to 1' },
    kernel_file_name: {},
    initrd_file_name: notBlank('initrd_file_name'),
    kernel_parameters_file_name: notBlank('kernel_parameters_file_name'),
    ssh_containers: { nullable: true },
    'ssh_containers[].name': {},
    'ssh_containers[].jail': {},
    require_dkms: {},
    job_mem_size: { type: 'integer', tooSmall: 'build_env_size must be greater than or equal to 1' },
  }),
  updateJob: {
    status: { type: 'text', choices: jobStatuses, called: 'Job state' },
    resultant_image_id: { type: 'uuid' },
  },
  restore: fieldsOf(deletedGroup, 'update', { operation: { required: true, called: 'Recipe type' } }),
} satisfies Record<string, Fields>

function fieldsOf(group: GroupDefinition, command: string, corrections: Corrections): Fields {
  const sent = optionsOf(group, command).filter((option) => option.field !== undefined)
  const rows = new Map(sent.map((option) => [option.field!, option]))
  const fields: Record<string, Field> = {}
  for (const path of new Set([...Object.keys(corrections), ...rows.keys()])) {
    const [, parent, list, name] = /^(?:(\w+)(\[\])?\.)?(\w+)$/.exec(path)!
    // A parent that takes any keys swallows the fields that its options send.
    if (parent !== undefined && fields[parent]?.type === 'texts by key') continue
    const row = rows.get(path)
    const inside = [...rows.keys()].find((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[`))
    const own = { ...(row ? fromRow(row) : { type: inside?.startsWith(`${path}[`) ? 'list' : 'object' }), ...corrections[path] } as Field
    if (parent === undefined) fields[name!] = { ...fields[name!], ...own }
    else {
      const of = (fields[parent] ??= { type: list ? 'list' : 'object' })
      fields[parent] = { ...of, fields: { ...of.fields, [name!]: own } }
    }
  }
  return fields
}

// The options of a command are in its own group, or alike in each of the group's groups.
function optionsOf(group: GroupDefinition, name: string): readonly OptionDefinition[] {
  for (const row of group.commands) {
    if (isGroup(row)) return optionsOf(row, name)
    if (row.name === name) return row.options ?? []
  }
  return []
}

function fromRow(row: OptionDefinition): Field {
  return {
    type: types[row.type] ?? 'text',
    ...(row.required && { required: true }),
    ...(row.choices && { choices: row.choices }),
  }
}
