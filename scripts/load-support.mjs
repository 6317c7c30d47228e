import { join } from 'node:path'
import { rolldown } from 'rolldown'

/**
 * What a file of `test/support` exports: what the tests start real servers with serves measurements, too.
 *
 * @param {string} name of the file, without its ending
 * @param {string} folder for what is made of it
 * @returns {Promise<any>}
 */
export async function loadSupport(name, folder) {
  const file = join(folder, `${name}.mjs`)
  const bundle = await rolldown({ input: join(import.meta.dirname, `../test/support/${name}.ts`), platform: 'node' })
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
  return import(file)
}
