const answer = await fetch('http://shop:8080/buy', { method: 'POST', body: '12A' });
if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
console.log(await answer.text());
