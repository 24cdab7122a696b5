import assert from 'node:assert/strict';
import { test } from 'node:test';

import { protocolVersion } from './schema.js';
import { commonVersion } from './version.js';

test('[W21] two sides speak the highest version that both know', () => {
  assert.equal(commonVersion({ versionMin: 1, versionMax: 1 }), 1);
  assert.equal(commonVersion({ versionMin: 1, versionMax: protocolVersion }), protocolVersion);
  assert.equal(commonVersion({ versionMin: 1, versionMax: protocolVersion + 5 }), protocolVersion);
  assert.equal(commonVersion({ versionMin: protocolVersion, versionMax: protocolVersion + 1 }), protocolVersion);
});

test('[W21] without a version that both know there is none', () => {
  assert.equal(commonVersion({ versionMin: protocolVersion + 1, versionMax: protocolVersion + 9 }), undefined);
  assert.equal(commonVersion({ versionMin: 0, versionMax: 0 }), undefined);
  assert.equal(commonVersion({ versionMin: 3, versionMax: 1 }), undefined);
});
