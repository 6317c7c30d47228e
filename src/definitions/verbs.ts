import { latest } from './latest.ts'
import type { ArgumentDefinition, CommandDefinition, OptionDefinition } from './definition.ts'
import { filterOptions, listViewOptions, viewOptions, watchOptions } from './views.ts'
import { withArticle } from '../text/article.ts'
import type { Resource } from './resource.ts'

const identified = (of: Resource) => ({
  arguments: [
    {
      name: of.id,
      help: of.key === 'id' ? `Its id, the beginning of it, or name` : `Which ${of.one}`,
      ...(of.key === 'id' ? { record: of } : { complete: of }),
    },
  ],
  path: `${of.path}/{${of.id.toLowerCase()}}`,
})

/** Where a record is named, several may be: `-` reads them from stdin. */
const many = (named: readonly ArgumentDefinition[]): readonly ArgumentDefinition[] =>
  named.map((argument) => (argument.record ? { ...argument, many: true, help: `${argument.help}; - is stdin` } : argument))

const latestOf = ({ key }: Resource): readonly OptionDefinition[] => (key === 'id' ? [latest] : [])

/** `list`: every record of a kind. */
export function list(of: Resource): CommandDefinition {
  return {
    name: 'list',
    summary: `List all ${of.many}`,
    options: [...filterOptions(of), ...listViewOptions, ...watchOptions],
    prints: of,
    request: { method: 'GET', path: of.path },
    examples: [{ line: `cray-ims ${of.words} list --format table`, does: 'As a table' }],
  }
}

/** `describe`: one record. */
export function describe(of: Resource): CommandDefinition {
  const { path, arguments: named } = identified(of)
  return {
    name: 'describe',
    summary: `Show one ${of.one}`,
    arguments: many(named),
    options: [...viewOptions, ...watchOptions, ...latestOf(of)],
    prints: of,
    request: { method: 'GET', path },
    examples: [{ line: `cray-ims ${of.words} describe ${of.example}`, does: `Its record, as TOML` }],
  }
}

/** `create`: a new record. */
export function create(of: Resource, options: readonly OptionDefinition[], example: string): CommandDefinition {
  return {
    name: 'create',
    summary: `Create ${withArticle(of.one)}`,
    options,
    prints: of,
    request: { method: 'POST', path: of.path },
    examples: [{ line: `cray-ims ${of.words} create ${example}`, does: 'Prints the new record' }],
  }
}

/** `update`: changes one record. */
export function update(of: Resource, options: readonly OptionDefinition[], summary: string, example: string): CommandDefinition {
  const { path, arguments: named } = identified(of)
  return {
    name: 'update',
    summary,
    arguments: named,
    options: [...options, ...latestOf(of)],
    prints: of,
    request: { method: 'PATCH', path },
    examples: [{ line: `cray-ims ${of.words} update ${of.example} ${example}`, does: summary }],
  }
}

/** `delete`: removes one record. */
export function remove(of: Resource, summary = `Delete one ${of.one}`): CommandDefinition {
  const { path, arguments: named } = identified(of)
  return {
    name: 'delete',
    summary,
    arguments: many(named),
    options: latestOf(of),
    request: { method: 'DELETE', path },
    examples: [{ line: `cray-ims ${of.words} delete ${of.example}`, does: summary }],
  }
}

/** `deleteall`: removes every record of a kind, or those that the options pick. */
export function removeAll(of: Resource, options: readonly OptionDefinition[] = [], example = '--yes'): CommandDefinition {
  return {
    name: 'deleteall',
    summary: options.length > 0 ? `Delete the ${of.many} that the options pick; without options, all` : `Delete all ${of.many}`,
    options: [...options, { flag: '--yes', type: 'flag', help: 'Do not ask, in a terminal' }],
    deletesAll: of,
    request: { method: 'DELETE', path: of.path },
    examples: [{ line: `cray-ims ${of.words} deleteall ${example}`, does: 'Without being asked' }],
  }
}
