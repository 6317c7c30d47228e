import { undeletePublicKeys } from './deleted.ts'
import { publicKeys } from './records.ts'
import type { GroupDefinition } from './definition.ts'
import { create, describe, list, remove, removeAll } from './verbs.ts'

export const publicKeysGroup: GroupDefinition = {
  name: 'public-keys',
  summary: 'SSH keys that open the shells of jobs',
  commands: [
    list(publicKeys),
    create(
      publicKeys,
      [
        { flag: '--name', type: 'text', field: 'name', required: true, help: 'Its name' },
        {
          flag: '--public-key',
          type: 'file',
          field: 'public_key',
          check: 'public-key',
          required: true,
          help: 'File that holds the public key; - is stdin',
        },
      ],
      '--name "jane public key" --public-key ~/.ssh/id_ed25519.pub',
    ),
    removeAll(publicKeys),
    describe(publicKeys),
    remove(publicKeys),
    undeletePublicKeys,
  ],
}
