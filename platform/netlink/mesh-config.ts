/** The mesh configuration of an interface in nl80211, each parameter in its kernel width. */
import {
  MESH_PARAMETER_NAMES,
  MESH_PARAMETERS,
  type MeshParameters,
  type ParameterWidth,
} from '../mesh-parameters.ts';
import {
  type Attributes,
  i32,
  MalformedAttribute,
  nested,
  u8,
  u16,
  u32,
  writeNested,
  writeNumber,
} from './attributes.ts';
import { readGeneric } from './message.ts';
import { Attr, Nl80211Command } from './nl80211.ts';

const BYTES = { u8: 1, u16: 2, u32: 4, s32: 4 } as const satisfies Record<ParameterWidth, number>;

/** Reads the answer to GET_MESH_CONFIG. Throws Malformed. */
export function readMeshConfig(payload: Uint8Array): MeshParameters {
  const { command, attributes } = readGeneric(payload);
  if (command !== Nl80211Command.GET_MESH_CONFIG) {
    throw new MalformedAttribute(`command ${command} instead of a mesh configuration`);
  }
  const config = nested(attributes, Attr.MESH_CONFIG);
  const entries = MESH_PARAMETER_NAMES.map((name) => {
    const { attribute, width } = MESH_PARAMETERS[name];
    return [name, readNumber(config, attribute, width)] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The MESH_CONFIG attribute for SET_MESH_CONFIG; values must be in range. */
export function writeMeshConfig(parameters: MeshParameters): Uint8Array {
  const attributes: Uint8Array[] = [];
  for (const name of MESH_PARAMETER_NAMES) {
    const value = parameters[name];
    if (value === undefined) continue;
    const { attribute, width } = MESH_PARAMETERS[name];
    attributes.push(writeNumber(attribute, BYTES[width], value));
  }
  return writeNested(Attr.MESH_CONFIG, ...attributes);
}

function readNumber(
  attributes: Attributes,
  type: number,
  width: ParameterWidth,
): number | undefined {
  switch (width) {
    case 'u8':
      return u8(attributes, type);
    case 'u16':
      return u16(attributes, type);
    case 'u32':
      return u32(attributes, type);
    case 's32':
      return i32(attributes, type);
  }
}
