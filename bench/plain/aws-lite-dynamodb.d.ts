/** A plugin of aws-lite, which has no types of its own. */
declare module '@aws-lite/dynamodb';
