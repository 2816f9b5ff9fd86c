DROP TABLE served_certificates;
