mod wire_table;
