import { activeName } from '../../config/configuration.ts'
import { readDocument, shown } from '../../config/document.ts'
import type { Run } from '../../context.ts'

/** Shows the configuration in use; which one that is, on stderr. */
export const run: Run = async (context) => {
  const { name, path } = context.configuration()
  const active = activeName(context.io.env)
  context.log(0, `Your active configuration is: ${active}`)
  if (name !== active) context.log(0, `Describing configuration: ${name}`)
  return context.print(shown(readDocument(path)))
}
