import { imageArtifacts } from './artifacts.ts'
import { undeleteImages } from './deleted.ts'
import { imageCopies } from './image-copies.ts'
import { imageTransfers } from './image-transfers.ts'
import { pruneImages, removeImages } from './prune.ts'
import { arch, images, link } from './records.ts'
import type { GroupDefinition, OptionDefinition } from './definition.ts'
import { create, describe, list, removeAll, update } from './verbs.ts'

const metadataKey: OptionDefinition = { flag: '--metadata-key', type: 'text', field: 'metadata.key', help: 'Key of a note on the image' }
const metadataValue: OptionDefinition = { flag: '--metadata-value', type: 'text', field: 'metadata.value', help: 'Its value' }

export const imagesGroup: GroupDefinition = {
  name: 'images',
  summary: 'Images that nodes boot',
  commands: [
    list(images),
    create(
      images,
      [{ flag: '--name', type: 'text', field: 'name', required: true, help: 'Its name' }, arch, ...link, metadataKey, metadataValue],
      '--name compute --query id',
    ),
    removeAll(images),
    describe(images),
    update(
      images,
      [
        arch,
        ...link,
        metadataKey,
        {
          flag: '--metadata-operation',
          type: 'choice',
          field: 'metadata.operation',
          choices: ['set', 'remove'],
          help: 'What to do with the note',
        },
        metadataValue,
      ],
      'Change one image',
      '--metadata-operation set --metadata-key project --metadata-value blue',
    ),
    removeImages,
    undeleteImages,
    pruneImages,
    ...imageArtifacts,
    ...imageTransfers,
    ...imageCopies,
  ],
}
