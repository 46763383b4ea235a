import type { Defect } from './defect.ts';

/** Defects of the rotation of secrets. */
export const ROTATING: Defect[] = [
  {
    defect: 'a rotation seals nothing again',
    file: 'lib/operator/rotate-secrets.ts',
    from: 'await registry.change(workspace.id, (master) => reseal(current, master));',
    to: '',
  },
  {
    defect: 'a rotation seals again what is sealed with the oldest secret, and nothing else',
    file: 'lib/runtime/secrets.ts',
    from: 'isNewest: (sealed) => keyOf(sealed) === newest,',
    to: 'isNewest: (sealed) => keyOf(sealed) !== keys.at(-1),',
  },
  {
    defect: 'a rotation drops the former secrets at once',
    file: 'tests/in-process/secrets.ts',
    from: '...values.slice(0, 2)],',
    to: '...values.slice(0, 0)],',
  },
  {
    defect: 'a rotation is not noticed by a container that has read its secret',
    file: 'lib/runtime/secret-source.ts',
    from: 'cached = startReading();\n    }\n  };',
    to: 'return sealer;\n    }\n  };',
  },
  {
    defect: 'a rotation lets a removal end that did not delete the workspace',
    file: 'lib/operator/remove-workspace.ts',
    from: 'if (await registry.delete(master)) return;',
    to: 'await registry.delete(master);\n      return;',
    test: 'tests/tables/removal.test.ts',
  },
];
