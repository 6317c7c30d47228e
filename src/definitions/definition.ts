import type { OptionGroup } from './option-groups.ts'
import type { Resource } from './resource.ts'

/** How an option's text is read. */
export type OptionType =
  | 'text'
  | 'integer' // keeps its digits; sent as a number
  | 'boolean' // takes true t 1 yes y, false f 0 no n
  | 'choice'
  | 'file' // a path whose content is sent
  | 'path' // a path as such
  | 'texts' // host list, then split at commas
  | 'booleans'
  | 'each' // a text, or one of the choices, each time it is given
  | 'duration' // 90, 90s, 15m, 2h, 7d; seconds
  | 'count' // a number from 0 up that we use ourselves
  | 'flag' // takes no value
  | 'level' // a flag that counts

/** Checks of a value that its type alone can't make. */
export type CheckName = 'age' | 'public-key' | 'name' | 'not-empty'

/** Words that the table can't know, by what has them: the machine, the kind of record that a command prints, a job. */
export type LiveWords = 'configuration' | 'column' | 'ssh container' | 'pod container'

/**
 * When an option is said again on the line that resumes a build: `once`: never, it is about one run alone. `order`: with a
 * whole order only, since a job that is there has it already. `always`. `shell`: while the job may still open a shell.
 */
export type Resume = 'once' | 'order' | 'always' | 'shell'

/** One option of a command. Other options and arguments are named as they are typed: `--file`, `RECIPE`. */
export interface OptionDefinition {
  /** With its dashes: `--artifact-id`. */
  readonly flag: string
  /** With its dash: `-v`. */
  readonly short?: string
  readonly type: OptionType
  /** Where the value goes in the request: `name`, `link.path`, `ssh_containers[].jail`. */
  readonly field?: string
  /** With {@link dependsOn}: only where what it depends on is given. */
  readonly required?: true
  readonly default?: string
  readonly choices?: readonly string[]
  /** What choices were called before, and are still taken for. */
  readonly formerly?: Readonly<Record<string, string>>
  /** The choices that are left where another option is given, and why. */
  readonly choicesWith?: Readonly<Record<string, { readonly choices: readonly string[]; readonly why: string }>>
  /** The lowest number that it takes. */
  readonly min?: number
  /** The highest. */
  readonly max?: number
  /** What can't be given with it; said by one of the two. */
  readonly exclusive?: readonly string[]
  /** What it has a meaning with alone. */
  readonly dependsOn?: string
  /** The kind of record that it names: by id, the beginning of one, or name; another option may say which. */
  readonly record?: Resource | { readonly by: string; readonly kinds: Readonly<Record<string, Resource>> }
  /** What a shell completes it with, where that is neither its choices nor a record. */
  readonly complete?: LiveWords | readonly string[]
  /** What help shows for the value, where the type's own word won't do. */
  readonly placeholder?: string
  readonly help: string
  readonly check?: CheckName
  /** A flag of the same command that is meant, too, where this option is given twice with the same value. */
  readonly twice?: string
  /** Of the making of an image: false where the image is the same whatever it says. */
  readonly affectsImage?: false
  /** `order` for what becomes a field of the job. */
  readonly resume?: Resume
  /** Of its values, those that still mean something once the job is there; all by default. */
  readonly resumeValues?: readonly string[]
  /** Its help as a key in a file of images, where that differs. */
  readonly fileHelp?: string
  /** Which records of an answer it keeps; it isn't sent. */
  readonly filters?: FilterDefinition
  /** The formats that it says something about; all unless given. */
  readonly formats?: readonly string[]
  /** What it is about, among the options of a large command. */
  readonly group?: OptionGroup
  /** Left out of help: a spelling that is only kept for the original's sake. */
  readonly hidden?: true
}

/** What an option that filters a list compares its value with. */
export interface FilterDefinition {
  /** Of a record: `image_root_archive_name`. */
  readonly field: string
  readonly by: 'pattern' | 'value' | 'older' | 'newer'
}

/** One positional argument. */
export interface ArgumentDefinition {
  /** As errors and help name it: `JOB_ID`. */
  readonly name: string
  readonly help: string
  readonly optional?: true
  /** Takes all that follow. */
  readonly many?: true
  /** The kind of record that it names: by id, the beginning of one, or name. */
  readonly record?: Resource
  /** Of these records, only those that haven't ended are named by name. */
  readonly unfinished?: true
  /** What a shell completes it with besides: a kind of record is one that has no names. */
  readonly complete?: 'file' | 'command' | LiveWords | Resource
  readonly choices?: readonly string[]
}

/** What a mirrored command sends. `{job_id}` in the path is the argument JOB_ID. */
export interface RequestDefinition {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
}

export interface ExampleDefinition {
  readonly line: string
  readonly does: string
}

/** A leaf of the command tree. What runs it is said in `cli/handlers.ts`. */
export interface CommandDefinition {
  readonly name: string
  readonly summary: string
  /** Paragraphs of help below the summary. */
  readonly about?: readonly string[]
  readonly arguments?: readonly ArgumentDefinition[]
  readonly options?: readonly OptionDefinition[]
  readonly request?: RequestDefinition
  /** Arguments and options of which exactly one is given, or one of a list and more; what is missed is the first. */
  readonly exactlyOne?: readonly (string | readonly string[])[]
  /** The kind of record that it prints, one or several. */
  readonly prints?: Resource
  /** The kind of record of which it deletes all, or those that its options pick. */
  readonly deletesAll?: Resource
  readonly examples: readonly ExampleDefinition[]
  readonly hidden?: true
  /** What help lists it under; Commands where it isn't said. */
  readonly heading?: string
  /** It may be typed without the word of its group: `logs` is `jobs logs`. */
  readonly shortForm?: true
  /** Everything after the first argument (or `--`) is someone else's command line. */
  readonly passThrough?: true
}

/** A group of the command tree. */
export interface GroupDefinition {
  readonly name: string
  readonly summary: string
  readonly hidden?: true
  readonly heading?: string
  readonly commands: readonly (CommandDefinition | GroupDefinition)[]
}

/** Whether a row is a group. */
export function isGroup(row: CommandDefinition | GroupDefinition): row is GroupDefinition {
  return 'commands' in row
}

/** A command and the words that lead to it from the top of a tree. */
export interface Leaf {
  readonly words: readonly string[]
  readonly leaf: CommandDefinition
}

/** The commands that a row stands for, in the order of the table: itself, or all of its group. */
export function leavesOf(row: CommandDefinition | GroupDefinition, above: readonly string[] = []): Leaf[] {
  const words = [...above, row.name]
  return isGroup(row) ? row.commands.flatMap((below) => leavesOf(below, words)) : [{ words, leaf: row }]
}

/** The name of an option without dashes, as configuration files and environment have it: `artifact_id`. */
export function optionKey({ flag }: OptionDefinition): string {
  return flagKey(flag)
}

/** The same, of a flag. */
export function flagKey(flag: string): string {
  return flag.slice(2).replaceAll('-', '_')
}

/** The argument that a `{placeholder}` of a path stands for: `job_id` is JOB_ID. */
export function argumentKey(argument: ArgumentDefinition): string {
  return argument.name.toLowerCase()
}
