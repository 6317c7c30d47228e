import type { NumberText } from '../json/value.ts'
import type { OptionDefinition, OptionType } from './definition.ts'

/** What each type of option gives to the command that takes it. */
interface Given {
  text: string
  integer: NumberText
  boolean: boolean
  choice: string
  file: string
  path: string
  texts: string[]
  booleans: boolean[]
  each: string[]
  duration: number
  count: number
  flag: boolean
  level: number
}

type Underscored<T extends string> = T extends `${infer A}-${infer B}` ? `${A}_${Underscored<B>}` : T
type Key<R extends OptionDefinition> = R['flag'] extends `--${infer Name}` ? Underscored<Name> : never
type One<R extends OptionDefinition> = R extends { choices: readonly (infer C)[] }
  ? R['type'] extends 'each' | 'texts'
    ? C[]
    : C
  : Given[R['type'] & OptionType]
type Certain<R extends OptionDefinition> = R extends { default: string }
  ? Key<R>
  : R extends { required: true }
    ? R extends { dependsOn: string }
      ? never
      : Key<R>
    : never

/** The options that a command's rows give it, by name: `--fail-builds` is `fail_builds`. */
export type InferOptions<Rows extends readonly OptionDefinition[]> = {
  [R in Rows[number] as Certain<R>]: One<R>
} & {
  [R in Rows[number] as Exclude<Key<R>, Certain<R>>]?: One<R>
}
