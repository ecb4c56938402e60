#include "openstack/extra_specs.hpp"

#include "base/described.hpp"

namespace openstack {

platform::http::Response answer_specs(const Metadata& specs) {
  base::JsonWriter json;
  json.begin_object();
  json.field("extra_specs", base::to_json(specs));
  json.end_object();
  return answer(json);
}

platform::http::Response answer_spec(const std::string& key, const std::string& value) {
  base::JsonWriter json;
  json.begin_object();
  json.field(key, value);
  json.end_object();
  return answer(json);
}

}  // namespace openstack
