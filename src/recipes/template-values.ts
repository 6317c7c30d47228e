import { usageError } from '../errors.ts'

/** How the variables that a recipe is filled in with are given. */
export interface GivenValues {
  readonly template_dictionary_key?: readonly string[]
  readonly template_dictionary_value?: readonly string[]
  readonly template?: readonly string[]
}

/**
 * The variables that a recipe is filled in with.
 *
 * @throws CliError for a key without a value, and for one that is given twice.
 */
export function templateValues({
  template_dictionary_key: keys = [],
  template_dictionary_value: values = [],
  template = [],
}: GivenValues): Map<string, string> {
  if (keys.length !== values.length) {
    throw usageError('--template-dictionary-key and --template-dictionary-value are lists of the same length.', {
      more: [`  --template-dictionary-key has ${keys.length}, --template-dictionary-value has ${values.length}`],
    })
  }
  const pairs = template.map((pair) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
    if (key === undefined) throw usageError(`Invalid value for '--template': ${pair} is not KEY=VALUE`)
    return [key, value!] as const
  })
  const all = [...keys.map((key, at) => [key, values[at]!] as const), ...pairs]
  const found = new Map(all)
  if (found.size === all.length) return found
  const twice = all.find(([key], at) => all.findIndex(([other]) => other === key) !== at)![0]
  throw usageError(`Invalid value for '--template': ${twice} is given twice`)
}
