DROP TABLE secret_values;
DROP TABLE vault;
