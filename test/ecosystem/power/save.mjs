// Saves by write-file-atomic, with or without fsync.
import writeFileAtomic from 'write-file-atomic';

const [, , path, fsync] = process.argv;
await writeFileAtomic(path, 'old and whole', { fsync: true });
console.log('old is saved');
await writeFileAtomic(path, 'new and whole', { fsync: fsync === 'fsync' });
console.log('new is saved');
