// Two visitors who want the same seat.
const origin = `http://${process.env.SERVER ?? 'server'}:${process.env.PORT ?? 8080}`;
const take = async (name) => {
  const response = await fetch(`${origin}/seats/7`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return response.status;
};

const answers = await Promise.all([take('ann'), take('bob')]);
console.log(answers.join(', '));
if (answers.filter((status) => status === 200).length !== 1) {
  throw new Error(`one seat, and the answers were: ${answers.join(', ')}`);
}
process.exit(0);
