import { Failure } from '../errors.ts'
import type { Session } from './session.ts'

/**
 * Writes a file at the other end, for its owner alone, who may run it. Where its folder is missing, that is made.
 *
 * @throws Failure (exit 1; 255 where the connection is lost) that names the file.
 */
export function uploadFile({ client, lost }: Session, path: string, content: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Failure(`${path} couldn't be written`, { exit: lost() === undefined ? 1 : 255, more: [`  ${lost() ?? error.message}`] }))
    client.sftp((error, sftp) => {
      if (error) return fail(error)
      const write = () =>
        sftp.writeFile(path, content, { mode: 0o700 }, (error) => {
          sftp.end()
          if (error) fail(error)
          else resolve()
        })
      const folder = path.slice(0, path.lastIndexOf('/'))
      sftp.stat(folder, (missing) => (missing ? sftp.mkdir(folder, () => write()) : write()))
    })
  })
}
