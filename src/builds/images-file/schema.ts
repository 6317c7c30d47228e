import { optionKey, type OptionDefinition } from '../../definitions/definition.ts'
import { importFrom } from '../../definitions/image-transfers.ts'
import { choicesInFile, importRows, keyOf, keyRows, sourceHelp, sources, type Source } from './keys.ts'

const text = { type: 'string', pattern: '\\S' }

/** The JSON Schema of a file of images, of draft 7: the newest that editors' YAML servers hold to as a whole. */
export function imageFileSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Images for cray-ims build --file',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      images: {
        description: 'Images to make, in the order that they need each other',
        type: 'array',
        minItems: 1,
        items: { oneOf: sources.map((source) => ({ $ref: `#/definitions/from-${source}` })) },
      },
    },
    required: ['images'],
    additionalProperties: false,
    definitions: {
      ...Object.fromEntries(sources.map((source) => [`from-${source}`, image(source)])),
      ...Object.fromEntries([...shared].map(([key, row]) => [key, valueSchema(row)])),
    },
  }
}

/** What keys mean that builds and customisations have. */
const shared = new Map([...keyRows.recipe, ...keyRows.base].map((row) => [keyOf(row), row]))

function image(source: Source): object {
  const rows = keyRows[source]
  const refs = rows.map((row) => [row, source === 'import' ? valueSchema(row) : { $ref: `#/definitions/${keyOf(row)}` }] as const)
  return {
    type: 'object',
    properties: {
      name: { ...text, description: 'Name of the image that is made' },
      [source]: source === 'import' ? importSchema() : { ...text, description: sourceHelp[source] },
      ...Object.fromEntries(refs.map(([row, ref]) => [keyOf(row), ref])),
    },
    // The other spelling is taken, but not offered.
    patternProperties: Object.fromEntries(
      refs.filter(([row]) => optionKey(row) !== keyOf(row)).map(([row, ref]) => [`^${optionKey(row)}$`, ref]),
    ),
    required: ['name', source],
    additionalProperties: false,
    ...notTogether(rows),
  }
}

/** A folder, or files by what they are. */
function importSchema(): object {
  const files = {
    type: 'object',
    properties: Object.fromEntries(importRows.map((row) => [keyOf(row), valueSchema(row)])),
    patternProperties: Object.fromEntries(
      importRows.filter((row) => optionKey(row) !== keyOf(row)).map((row) => [`^${optionKey(row)}$`, valueSchema(row)]),
    ),
    oneOf: importFrom.map((flag) => ({ required: [flag.slice(2)] })),
    additionalProperties: false,
  }
  return { description: sourceHelp.import, oneOf: [text, files] }
}

/** What JSON Schema says of keys that exclude each other. */
function notTogether(rows: readonly OptionDefinition[]): object {
  const pairs = rows.flatMap((row) => rows.filter(({ flag }) => row.exclusive?.includes(flag)).map((other) => [keyOf(row), keyOf(other)]))
  const schemas = pairs.map((pair) => ({ required: pair }))
  return schemas.length === 0 ? {} : { not: schemas.length === 1 ? schemas[0] : { anyOf: schemas } }
}

function valueSchema(row: OptionDefinition): object {
  const { type, default: usual, help } = row
  const choices = choicesInFile(row)
  const preset = usual !== undefined && { default: type === 'integer' ? Number(usual) : usual }
  const range = { ...(row.min !== undefined && { minimum: row.min }), ...(row.max !== undefined && { maximum: row.max }) }
  if (choices) return { description: help, type: 'string', enum: choices, ...preset }
  if (type === 'each') return { description: help, type: 'object', additionalProperties: { type: 'string' } }
  if (type === 'integer') return { description: help, type: 'integer', ...range, ...preset }
  if (type === 'boolean' || type === 'flag') return { description: help, type: 'boolean', ...preset }
  return { description: help, ...text, ...preset }
}
