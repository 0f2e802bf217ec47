export const handler = 'none';
