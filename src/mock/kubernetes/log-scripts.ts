import type { Job } from '../records.ts'

/** A script: what is written while all goes well, and what at either end. */
export interface Script {
  readonly body: readonly string[]
  readonly well: readonly string[]
  readonly badly: readonly string[]
}

/** What buildenv-sidecar writes while it packages. */
export const packagingLines = (archive: string, job: Job): string[] => [
  'Setting job status to packaging_artifacts.',
  `Parallel mksquashfs: Using 8 processors`,
  `Creating 4.0 filesystem on /mnt/image/${archive}.sqsh, block size 131072.`,
  'Filesystem size 1631920.41 Kbytes (1593.67 Mbytes)',
  `Copying ${job.kernel_file_name} and ${job.initrd_file_name}`,
  `Uploading ${archive}.sqsh`,
  `Uploading ${job.kernel_file_name}`,
  `Uploading ${job.initrd_file_name}`,
  'Uploading manifest.json',
]

/** What an init container writes. */
export function scriptOf(container: string, job: Job): Script {
  switch (container) {
    case 'fetch-recipe':
      return {
        body: [
          'Setting job status to fetching_recipe.',
          `Fetching recipe ${job.artifact_id}`,
          `Downloading s3://ims/recipes/${job.artifact_id}/recipe.tar.gz`,
        ],
        well: ['Uncompressing recipe into /mnt/recipe', 'Rendering templates'],
        badly: [`ERROR: 404 s3://ims/recipes/${job.artifact_id}/recipe.tar.gz`],
      }
    case 'wait-for-repos':
      return {
        body: ['Setting job status to waiting_for_repos.', ...repositories.map((url) => `Waiting for ${url}`)],
        well: ['All repositories answer.'],
        badly: [`ERROR: ${repositories[0]} did not answer within 500 s`],
      }
    case 'build-ca-rpm':
      return {
        body: ['Building the package of the certificates of the site'],
        well: ['Wrote: /mnt/ca-rpm/cray_ca_cert-1.0.1-1.x86_64.rpm'],
        badly: [],
      }
    case 'prepare':
      return {
        body: [
          'Setting job status to fetching_image.',
          `Fetching image ${job.artifact_id}`,
          `Downloading s3://boot-images/${job.artifact_id}/rootfs`,
          'Unsquashing the image root into /mnt/image/image-root',
        ],
        well: ['created 84113 files', 'created 9725 directories'],
        badly: [`ERROR: 404 s3://boot-images/${job.artifact_id}/rootfs`],
      }
    default:
      return buildScript(job)
  }
}

const repositories = [
  'https://packages.local/repository/cos-sle-15',
  'https://packages.local/repository/SUSE-SLE-Module-Basesystem',
]

const packages = [
  'filesystem-15.0-11.8.1',
  'glibc-2.38-150600.14.11.2',
  'bash-4.4-150400.25.22',
  'coreutils-8.32-150400.9.3.1',
  'openssl-3.1.4-150600.5.24.1',
  'ca-certificates-2+git20240805',
  'systemd-254.18-150600.4.15.10',
  'dracut-059+suse.531',
  'kernel-default-6.4.0-150600.23.47.2',
  'squashfs-4.6.1-150300.3.3.1',
  'openssh-9.6p1-150600.6.15.2',
  'rsync-3.2.7-150600.3.8.1',
  'vim-9.1.1176-150500.20.24.2',
  'python3-3.6.15-150300.10.81.1',
  'chrony-4.1-150400.21.5.7',
  'iproute2-6.4-150600.7.6.1',
]

function buildScript(job: Job): Script {
  const at = '/mnt/image/build/image-root'
  const says = (level: string, text: string): string => `[ ${level.padEnd(8)}]: ${text}`
  return {
    body: [
      'Setting job status to building_image.',
      says('INFO', 'Loading XML description'),
      says('INFO', '--> loaded /mnt/recipe/config.xml'),
      says('INFO', `--> Selected build type: ${job.arch === 'aarch64' ? 'aarch64' : 'x86_64'} tbz`),
      says('INFO', 'Preparing new root system'),
      says('INFO', `Setup root directory: ${at}`),
      ...repositories.flatMap((url, index) => [
        says('INFO', `Setting up repository ${url}`),
        says('INFO', `--> Alias: repo-${index + 1}`),
      ]),
      says('INFO', 'Installing bootstrap packages'),
      ...packages.map((name) => says('INFO', `--> Installing: ${name}.${job.arch} [done]`)),
      says('INFO', 'Installing system (chroot) for build type: tbz'),
    ],
    well: [
      says('INFO', 'Creating system image'),
      says('INFO', 'Result files: build time 838 s'),
      'Kiwi built the image root.',
    ],
    badly: [
      says('INFO', 'Resolving package dependencies...'),
      says('ERROR', `KiwiInstallPhaseFailed: System package installation failed: No provider of 'cos-libs' found.`),
      'ERROR: package cos-libs not found',
      'ERROR: kiwi ended with 1',
    ],
  }
}
