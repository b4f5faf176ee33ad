fn main() {
    print!("{}", vgrad::lab::spec::schema_json());
}
