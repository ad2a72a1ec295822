"""Demo data (演示数据): a class in mid-course and an earlier one, made through the services of all packages."""
