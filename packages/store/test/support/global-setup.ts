import { startTestServer } from '../../src/testing.js';

export default startTestServer;
