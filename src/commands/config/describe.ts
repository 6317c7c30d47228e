import { activeName } from '../../config/configuration.ts'
import { readDocument, shown, type Document } from '../../config/document.ts'
import type { Run } from '../../context.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import type { describeConfigOptions } from '../../definitions/site.ts'
import type { Value } from '../../json/value.ts'

/** Shows the configuration in use; which one that is, on stderr. */
export const run: Run<InferOptions<typeof describeConfigOptions>> = async (context, { origin }) => {
  const { name, path } = context.configuration()
  const active = activeName(context.io.env)
  context.log(0, `Your active configuration is: ${active}`)
  if (name !== active) context.log(0, `Describing configuration: ${name}`)
  const document = shown(readDocument(path)) as Document
  if (!origin) return context.print(document)
  const { originsOf } = await import('./origins.ts')
  return context.print(
    originsOf(document, path, context.io.env).map(
      ({ setting, value, origin: from }) =>
        new Map<string, Value>([
          ['setting', setting],
          ['value', value],
          ['origin', from],
        ]),
    ),
  )
}
