import fc from 'fast-check';

// Under Stryker, so that whether a property finds a mutant is not a matter of luck.
fc.configureGlobal({ seed: 1 });
