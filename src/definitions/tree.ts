import { completion } from './completion.ts'
import { deletedGroup } from './deleted.ts'
import { imageBuilds } from './image-builds.ts'
import { imagesGroup } from './images.ts'
import { jobsGroup } from './jobs.ts'
import { mock } from './mock.ts'
import { publicKeysGroup } from './public-keys.ts'
import { recipesGroup } from './recipes.ts'
import { remoteBuildNodesGroup } from './remote-build-nodes.ts'
import type { CommandDefinition, GroupDefinition } from './definition.ts'
import { auth, config, doctor, init } from './site.ts'

/** What `cray ims` has, and `cray-ims` has both there and at its root. */
export const ims: GroupDefinition = {
  name: 'ims',
  summary: 'Image Management Service',
  commands: [
    publicKeysGroup,
    recipesGroup,
    imagesGroup,
    jobsGroup,
    deletedGroup,
    remoteBuildNodesGroup,
    {
      name: 'version',
      summary: "The service's version",
      hidden: true,
      commands: [
        {
          name: 'list',
          summary: "Show the service's version",
          hidden: true,
          request: { method: 'GET', path: '/apis/ims/version' },
          examples: [{ line: 'cray-ims version list', does: 'The version' }],
        },
      ],
    },
    ...imageBuilds,
    doctor,
    mock,
    completion,
  ],
}

/** What stands beside `ims` in the original, too. */
export const site: readonly (CommandDefinition | GroupDefinition)[] = [init, auth, config]
