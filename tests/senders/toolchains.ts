import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Sdk } from './sdks.ts';

/** Outside of the checkout, because Rust takes minutes to compile what an SDK depends on. */
const CARGO_TARGET = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'nat-destination/rust-senders',
);

/** How SDKs in one language are installed and run. Every command runs in the folder of the SDK. */
export interface Toolchain {
  /** Commands that succeed if the runtime and its package manager are there. */
  probes: string[][];
  /** Files that the package manager needs, by their name. */
  files?: (sdk: Sdk) => Record<string, string>;
  install: (sdk: Sdk) => string[][];
  compile?: (sdk: Sdk) => string[][];
  run: (sdk: Sdk) => string[];
  env?: NodeJS.ProcessEnv;
}

export const TOOLCHAINS = {
  // The SDKs are dependencies of the project, which Node finds from any folder in it.
  Node: { probes: [], install: () => [], run: ({ program }) => [process.execPath, program] },
  Python: {
    probes: [['python3', '-m', 'pip', '--version']],
    install: ({ package: name, version }) => [
      ['python3', '-m', 'pip', 'install', '--target', 'packages', `${name}==${version}`],
    ],
    run: ({ program }) => ['python3', program],
    env: { PYTHONPATH: 'packages' },
  },
  Go: {
    probes: [['go', 'version']],
    install: ({ package: name, version }) => [
      ['go', 'mod', 'init', 'sender'],
      ['go', 'get', `${name}@v${version}`],
    ],
    compile: ({ program }) => [['go', 'build', '-o', 'sender', program]],
    run: () => ['./sender'],
  },
  Java: {
    probes: [
      ['javac', '-version'],
      ['mvn', '-version'],
    ],
    files: (sdk) => ({ 'pom.xml': pomOf(sdk) }),
    install: () => [['mvn', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs']],
    compile: ({ program }) => [['javac', '-classpath', 'libs/*', program]],
    run: ({ program }) => [
      'java',
      '-classpath',
      `.${delimiter}libs/*`,
      program.replace('.java', ''),
    ],
  },
  Rust: {
    probes: [['cargo', '--version']],
    files: (sdk) => ({ 'Cargo.toml': cargoTomlOf(sdk) }),
    install: () => [['cargo', 'fetch']],
    compile: () => [
      [
        ...['cargo', 'install', '--path', '.', '--root', '.', '--debug', '--force'],
        ...['--locked', '--offline', '--target-dir', CARGO_TARGET],
      ],
    ],
    run: () => ['bin/sender'],
  },
  Ruby: {
    probes: [['gem', '--version']],
    install: ({ package: name, version }) => [
      ['gem', 'install', name, '--version', version, '--install-dir', 'gems', '--no-document'],
    ],
    run: ({ program }) => ['ruby', program],
    env: { GEM_HOME: 'gems', GEM_PATH: 'gems' },
  },
  PHP: {
    probes: [
      ['php', '--ri', 'curl'],
      ['php', '--ri', 'mbstring'],
      ['composer', '--version'],
    ],
    install: ({ package: name, version }) => [
      ['composer', 'require', '--no-interaction', `${name}:${version}`],
    ],
    run: ({ program }) => ['php', program],
  },
} satisfies Record<string, Toolchain>;

/** @returns the first command that is missing; undefined if everything is there */
export function missingCommand({ probes }: Toolchain): string | undefined {
  return probes.find(([command = '', ...args]) => spawnSync(command, args).status !== 0)?.join(' ');
}

function pomOf({ package: name, version }: Sdk): string {
  const [groupId, artifactId] = name.split(':');
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>sender</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;
}

/** The tests need no TLS and no debugger. Without them, it compiles in half of the time. */
function cargoTomlOf({ package: name, version, program, dependencies = [] }: Sdk): string {
  return `[package]
name = "sender"
version = "1.0.0"
edition = "2021"

[[bin]]
name = "sender"
path = "${program}"

[dependencies]
${name} = { version = "=${version}", default-features = false }
${dependencies.join('\n')}

[profile.dev]
debug = false
`;
}
