DROP TABLE finding_passes;
DROP TABLE finding_ignores;
DROP TABLE findings;
