// A request's body: JSON text, then a schema with every keyword, then the text of the complaint.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"
#include "openstack/request_body.hpp"
#include "openstack/schema.hpp"

namespace {

const openstack::Schema& schema() {
  static const openstack::Schema all(R"({
    "type":"object","definitions":{"tree":{"type":"object","properties":{
      "left":{"$ref":"#/definitions/tree"}},"additionalProperties":false}},
    "properties":{
      "name":{"type":"string","minLength":1,"maxLength":20,"format":"name"},
      "id":{"type":"string","format":"uuid"},
      "when":{"type":"string","format":"date-time"},
      "ip":{"oneOf":[{"type":"string","format":"ipv4"},{"type":"string","format":"ipv6"}]},
      "cidr":{"type":"string","format":"cidr"},
      "mac":{"type":"string","format":"mac-address"},
      "data":{"type":"string","format":"base64"},
      "url":{"type":"string","format":"uri"},
      "mail":{"type":"string","format":"email"},
      "count":{"type":["integer","string"],"pattern":"^-?[0-9]+$","minimum":-1,"maximum":2147483647},
      "ratio":{"type":"number","minimum":0,"exclusiveMinimum":true},
      "one":{"enum":["a",1,null,true]},"same":{"const":{"a":[1,2]}},
      "list":{"type":"array","minItems":1,"maxItems":5,"uniqueItems":true,
              "items":{"anyOf":[{"type":"integer"},{"type":"string","pattern":"^(a|b)*c{1,3}$"}]}},
      "not":{"not":{"type":"boolean"}},
      "tree":{"$ref":"#/definitions/tree"},
      "meta":{"type":"object","minProperties":1,"maxProperties":3,
              "patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":{"type":"string","maxLength":255}},
              "additionalProperties":false}},
    "required":["name"],"additionalProperties":{"type":"integer"}})");
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  platform::http::Request request;
  request.body.assign(reinterpret_cast<const char*>(data), size);
  for (const auto style : {openstack::ErrorStyle::nova, openstack::ErrorStyle::keystone}) {
    try {
      const base::Json body = openstack::read_json_body(style, request);
      // What was read can be written and read again, and complaints are text.
      static_cast<void>(base::parse_json(base::to_text(body)));
      const auto complaint = schema().check(body);
      if (complaint && (complaint->empty() || !base::utf8_length(*complaint))) std::abort();
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::bad_request) std::abort();
    }
  }
  return 0;
}
