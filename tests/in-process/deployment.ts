/** What the tables are called in this process. */
export const TABLES = { Interactions: 'interactions', Workspaces: 'workspaces' };

/** What a deployment in this process is given. Nobody answers at its Nat. */
export const CONFIG = {
  INTERACTIONS_TABLE: TABLES.Interactions,
  WORKSPACES_TABLE: TABLES.Workspaces,
  DEPLOYMENT_SECRET: 'a deployment secret of more than 32 characters',
  NAT_API_URL: 'http://simulated.invalid/identify',
  RETENTION_DAYS: undefined,
};
