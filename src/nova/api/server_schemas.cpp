// Nova's own schemas (nova/api/openstack/compute/schemas/servers.py) as rows of properties with the
// versions in which they exist; the schema of a version is put together from its rows.
#include "nova/api/server_schemas.hpp"

#include <fmt/format.h>

#include <memory>
#include <set>

namespace nova::api {
namespace {

struct Property {
  Microversion from;
  Microversion until;
  std::string_view name;
  std::string_view schema;
};

constexpr std::string_view kFlag =
    R"({"type":["boolean","string"],"enum":[true,"True","TRUE","true","1","ON","On","on","YES","Yes",)"
    R"("yes","y","t",false,"False","FALSE","false","0","OFF","Off","off","NO","No","no","n","f"]})";
constexpr std::string_view kCount =
    R"({"type":["integer","string"],"pattern":"^[0-9]*$","minimum":1,"minLength":1})";
constexpr std::string_view kMetadata =
    R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
    R"({"type":"string","maxLength":255}},"additionalProperties":false})";
constexpr std::string_view kDescription =
    R"({"type":["string","null"],"minLength":0,"maxLength":255,)"
    R"("pattern":"^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*$"})";
constexpr std::string_view kHints =
    R"({"type":"object","properties":{)"
    R"("group":{"type":"string","format":"uuid"},)"
    R"("different_host":{"oneOf":[{"type":"string","format":"uuid"},)"
    R"({"type":"array","items":{"type":"string","format":"uuid"}}]},)"
    R"("same_host":{"oneOf":[{"type":"string","format":"uuid"},)"
    R"({"type":"array","items":{"type":"string","format":"uuid"}}]},)"
    R"("query":{"type":["string","object"]},"target_cell":{"type":"string","minLength":1,"maxLength":255},)"
    R"("different_cell":{"type":["string","array"]},"build_near_host_ip":{"type":"string"},)"
    R"("cidr":{"type":"string"}},"additionalProperties":true})";
constexpr std::string_view kTags =
    R"({"type":"array","maxItems":50,"items":{"type":"string","minLength":1,"maxLength":60,)"
    R"("pattern":"^[^,/]*$"}})";

constexpr Property kCreate[] = {
    {kFirst, kLatest, "name",
     R"({"type":"string","minLength":1,"maxLength":255,"format":"name_with_leading_trailing_spaces"})"},
    {kFirst, kLatest, "imageRef",
     R"({"type":"string","oneOf":[{"format":"uuid"},{"maxLength":0}]})"},
    {kFirst, kLatest, "flavorRef", R"({"type":["string","integer"],"minLength":1})"},
    {kFirst, kLatest, "adminPass", R"({"type":"string"})"},
    {kFirst, kLatest, "metadata", kMetadata},
    {kFirst, kLatest, "accessIPv4", R"({"type":"string","format":"ipv4"})"},
    {kFirst, kLatest, "accessIPv6", R"({"type":"string","format":"ipv6"})"},
    {kFirst,
     {2, 56},
     "personality",
     R"({"type":"array","items":{"type":"object","properties":{"path":{"type":"string"},)"
     R"("contents":{"type":"string","format":"base64"}},"additionalProperties":false}})"},
    // "ZONE:HOST" of an administrator, too.
    {kFirst, kLatest, "availability_zone",
     R"({"type":"string","minLength":1,"maxLength":255,"format":"name_with_leading_trailing_spaces"})"},
    {kFirst, kLatest, "config_drive", kFlag},
    {kFirst, kLatest, "min_count", kCount},
    {kFirst, kLatest, "max_count", kCount},
    {kFirst, kLatest, "return_reservation_id", kFlag},
    {kFirst, kLatest, "security_groups",
     R"({"type":"array","items":{"type":"object","properties":{"name":)"
     R"({"type":"string","minLength":1,"maxLength":255}},"additionalProperties":false}})"},
    {kFirst, kLatest, "user_data", R"({"type":"string","format":"base64","maxLength":65535})"},
    {kFirst, kLatest, "key_name", R"({"type":"string","minLength":1,"maxLength":255})"},
    {kFirst, kLatest, "OS-DCF:diskConfig", R"({"type":"string","enum":["AUTO","MANUAL"]})"},
    {kFirst, kLatest, "block_device_mapping",
     R"({"type":"array","items":{"type":"object","additionalProperties":true}})"},
    {kFirst, kLatest, "block_device_mapping_v2",
     R"({"type":"array","items":{"type":"object","properties":{)"
     R"("boot_index":{"type":["integer","string","null"],"pattern":"^-?[0-9]+$"},)"
     R"("uuid":{"type":"string","minLength":1,"maxLength":255,"pattern":"^[a-zA-Z0-9._-]*$"},)"
     R"("source_type":{"type":"string","enum":["volume","image","snapshot","blank"]},)"
     R"("destination_type":{"type":"string","enum":["local","volume"]},)"
     R"("volume_size":{"type":["integer","string"],"pattern":"^[0-9]+$","minimum":1},)"
     R"("delete_on_termination":{"type":["boolean","string"]},)"
     R"("guest_format":{"type":"string","maxLength":255},)"
     R"("device_name":{"type":["string","null"],"minLength":1,"maxLength":255}},"additionalProperties":true}})"},
    // Tags of devices came in 2.32, were forgotten in 2.37 and came back in 2.42.
    {kFirst,
     {2, 31},
     "networks",
     R"({"type":"array","items":{"type":"object","properties":{)"
     R"("fixed_ip":{"type":"string","oneOf":[{"format":"ipv4"},{"format":"ipv6"}]},)"
     R"("port":{"oneOf":[{"type":"string","format":"uuid"},{"type":"null"}]},)"
     R"("uuid":{"type":"string"}},"additionalProperties":false}})"},
    {{2, 32},
     {2, 36},
     "networks",
     R"({"type":"array","items":{"type":"object","properties":{)"
     R"("fixed_ip":{"type":"string","oneOf":[{"format":"ipv4"},{"format":"ipv6"}]},)"
     R"("port":{"oneOf":[{"type":"string","format":"uuid"},{"type":"null"}]},)"
     R"("tag":{"type":"string","minLength":1,"maxLength":60,"pattern":"^[^,/]*$"},)"
     R"("uuid":{"type":"string"}},"additionalProperties":false}})"},
    {{2, 37},
     {2, 41},
     "networks",
     R"({"oneOf":[{"type":"array","items":{"type":"object","properties":{)"
     R"("fixed_ip":{"type":"string","oneOf":[{"format":"ipv4"},{"format":"ipv6"}]},)"
     R"("port":{"oneOf":[{"type":"string","format":"uuid"},{"type":"null"}]},)"
     R"("uuid":{"type":"string","format":"uuid"}},"additionalProperties":false}},)"
     R"({"type":"string","enum":["none","auto"]}]})"},
    {{2, 42},
     kLatest,
     "networks",
     R"({"oneOf":[{"type":"array","items":{"type":"object","properties":{)"
     R"("fixed_ip":{"type":"string","oneOf":[{"format":"ipv4"},{"format":"ipv6"}]},)"
     R"("port":{"oneOf":[{"type":"string","format":"uuid"},{"type":"null"}]},)"
     R"("tag":{"type":"string","minLength":1,"maxLength":60,"pattern":"^[^,/]*$"},)"
     R"("uuid":{"type":"string","format":"uuid"}},"additionalProperties":false}},)"
     R"({"type":"string","enum":["none","auto"]}]})"},
    {{2, 19}, kLatest, "description", kDescription},
    {{2, 52}, kLatest, "tags", kTags},
    {{2, 63},
     kLatest,
     "trusted_image_certificates",
     R"({"type":["array","null"],"minItems":1,"maxItems":50,"uniqueItems":true,)"
     R"("items":{"type":"string","minLength":1}})"},
    {{2, 74},
     kLatest,
     "host",
     R"({"type":"string","minLength":1,"maxLength":255,"pattern":"^[a-zA-Z0-9-._]*$"})"},
    {{2, 74},
     kLatest,
     "hypervisor_hostname",
     R"({"type":"string","minLength":1,"maxLength":255,"pattern":"^[a-zA-Z0-9-._]*$"})"},
};

constexpr Property kUpdate[] = {
    {kFirst, kLatest, "name",
     R"({"type":"string","minLength":1,"maxLength":255,"format":"name_with_leading_trailing_spaces"})"},
    {kFirst, kLatest, "accessIPv4",
     R"({"type":"string","oneOf":[{"format":"ipv4"},{"enum":[""]}]})"},
    {kFirst, kLatest, "accessIPv6",
     R"({"type":"string","oneOf":[{"format":"ipv6"},{"enum":[""]}]})"},
    {kFirst, kLatest, "OS-DCF:diskConfig", R"({"type":"string","enum":["AUTO","MANUAL"]})"},
    {{2, 19}, kLatest, "description", kDescription},
};

constexpr Property kRebuild[] = {
    {kFirst, kLatest, "imageRef", R"({"type":"string","format":"uuid"})"},
    {kFirst, kLatest, "name",
     R"({"type":"string","minLength":1,"maxLength":255,"format":"name_with_leading_trailing_spaces"})"},
    {kFirst, kLatest, "adminPass", R"({"type":"string"})"},
    {kFirst, kLatest, "metadata", kMetadata},
    {kFirst, kLatest, "preserve_ephemeral", kFlag},
    {kFirst, kLatest, "accessIPv4", R"({"type":"string","format":"ipv4"})"},
    {kFirst, kLatest, "accessIPv6", R"({"type":"string","format":"ipv6"})"},
    {kFirst, kLatest, "OS-DCF:diskConfig", R"({"type":"string","enum":["AUTO","MANUAL"]})"},
    {kFirst, {2, 56}, "personality", R"({"type":"array"})"},
    {{2, 19}, kLatest, "description", kDescription},
    {{2, 54}, kLatest, "key_name", R"({"type":["string","null"],"minLength":1,"maxLength":255})"},
    {{2, 57},
     kLatest,
     "user_data",
     R"({"oneOf":[{"type":"string","format":"base64","maxLength":65535},{"type":"null"}]})"},
    {{2, 63},
     kLatest,
     "trusted_image_certificates",
     R"({"type":["array","null"],"minItems":1,"maxItems":50,"uniqueItems":true,)"
     R"("items":{"type":"string","minLength":1}})"},
};

std::string properties_at(std::span<const Property> all, Microversion version) {
  std::string text;
  for (const Property& property : all) {
    if (version < property.from || version > property.until) continue;
    text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", property.name, property.schema);
  }
  return text;
}

// The versions at which the set of properties changes.
std::vector<Microversion> boundaries(std::span<const Property> all) {
  std::set<Microversion> versions{kFirst};
  for (const Property& property : all) {
    versions.insert(property.from);
    if (property.until < kLatest) versions.insert({property.until.major, property.until.minor + 1});
  }
  return {versions.begin(), versions.end()};
}

using SchemaText = std::string (*)(const std::string& properties, Microversion version);

std::vector<VersionedSchema> build(std::span<const Property> all, SchemaText text) {
  std::vector<VersionedSchema> schemas;
  const auto versions = boundaries(all);
  for (size_t i = 0; i < versions.size(); ++i) {
    const Microversion until = i + 1 < versions.size()
                                   ? Microversion{versions[i + 1].major, versions[i + 1].minor - 1}
                                   : kLatest;
    schemas.push_back({versions[i], until,
                       std::make_shared<const openstack::Schema>(
                           text(properties_at(all, versions[i]), versions[i]))});
  }
  return schemas;
}

std::string create_text(const std::string& properties, Microversion version) {
  return fmt::format(
      R"({{"type":"object","properties":{{"server":{{"type":"object","properties":{{{}}},)"
      R"("required":["name","flavorRef"{}],"additionalProperties":false}},)"
      R"("os:scheduler_hints":{},"OS-SCH-HNT:scheduler_hints":{}}},)"
      R"("required":["server"],"additionalProperties":false}})",
      properties, version >= Microversion{2, 37} ? ",\"networks\"" : "", kHints, kHints);
}

std::string rebuild_text(const std::string& properties, Microversion) {
  return fmt::format(
      R"({{"type":"object","properties":{{"rebuild":{{"type":"object","properties":{{{}}},)"
      R"("required":["imageRef"],"additionalProperties":false}}}},"required":["rebuild"],)"
      R"("additionalProperties":false}})",
      properties);
}

std::string update_text(const std::string& properties, Microversion) {
  return fmt::format(
      R"({{"type":"object","properties":{{"server":{{"type":"object","properties":{{{}}},)"
      R"("additionalProperties":false}}}},"required":["server"],"additionalProperties":false}})",
      properties);
}

}  // namespace

const std::vector<VersionedSchema>& create_server_schemas() {
  static const auto schemas = build(kCreate, create_text);
  return schemas;
}

const std::vector<VersionedSchema>& rebuild_server_schemas() {
  static const auto schemas = build(kRebuild, rebuild_text);
  return schemas;
}

const std::vector<VersionedSchema>& update_server_schemas() {
  static const auto schemas = build(kUpdate, update_text);
  return schemas;
}

}  // namespace nova::api
