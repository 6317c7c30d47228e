import { activeName } from '../../config/configuration.ts'
import { readDocument, shown } from '../../config/document.ts'
import type { Run } from '../../context.ts'

/** Shows the configuration in use; which one that is, on stderr. */
export const run: Run = async (app) => {
  const { name, path } = app.configuration()
  const active = activeName(app.io.env)
  app.log(0, `Your active configuration is: ${active}`)
  if (name !== active) app.log(0, `Describing configuration: ${name}`)
  return app.print(shown(readDocument(path)))
}
