import { undeleteRecipes } from './deleted.ts'
import { arch, dkms, link, recipes, templates } from './records.ts'
import type { GroupDefinition } from './definition.ts'
import { create, describe, list, remove, removeAll, update } from './verbs.ts'

export const recipesGroup: GroupDefinition = {
  name: 'recipes',
  summary: 'What images are built from',
  commands: [
    list(recipes),
    create(
      recipes,
      [
        {
          flag: '--linux-distribution',
          type: 'choice',
          field: 'linux_distribution',
          required: true,
          choices: ['sles12', 'sles15', 'centos7'],
          help: 'Distribution that it builds',
        },
        { flag: '--name', type: 'text', field: 'name', required: true, help: 'Its name' },
        {
          flag: '--recipe-type',
          type: 'choice',
          field: 'recipe_type',
          required: true,
          choices: ['kiwi-ng', 'packer'],
          help: 'What builds it',
        },
        arch,
        ...link,
        dkms,
        ...templates,
      ],
      '--name barebones --recipe-type kiwi-ng --linux-distribution sles15 --link-type s3 --link-path s3://ims/recipes/barebones.tgz',
    ),
    removeAll(recipes),
    describe(recipes),
    update(recipes, [arch, ...link, dkms, ...templates], 'Change one recipe', '--arch aarch64'),
    remove(recipes),
    undeleteRecipes,
  ],
}
