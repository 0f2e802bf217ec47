// Two who want the same seat.
const buy = async (name) => (await fetch(`http://shop:8080/seat?for=${name}`)).status;

const answers = await Promise.all([buy('ann'), buy('bob')]);
if (answers.filter((status) => status === 200).length > 1) {
  console.error(new Error('seat sold twice'));
  process.exit(1);
}
process.exit(0);
