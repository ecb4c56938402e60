#include "glance/api/image_attributes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/ids.hpp"
#include "base/text.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;

constexpr size_t kNameLimit = 255;
constexpr std::array<std::string_view, 4> kVisibilities{"community", "public", "private", "shared"};
constexpr std::array<std::string_view, 13> kDiskFormats{"ami",   "ari",  "aki",   "vhd", "vhdx",
                                                        "vmdk",  "raw",  "qcow2", "vdi", "iso",
                                                        "ploop", "luks", "gpt"};
constexpr std::array<std::string_view, 8> kContainerFormats{"ami", "ari", "aki",    "bare",
                                                            "ovf", "ova", "docker", "compressed"};

[[noreturn]] void invalid(std::string_view name, const Json& value, std::string_view why) {
  throw Error(ErrorKind::bad_request,
              fmt::format("Failed validating '{}': {} {}", name, base::to_text(value), why));
}

std::string text_of(std::string_view name, const Json& value, size_t limit = kNameLimit) {
  if (!value.is_string()) invalid(name, value, "is not of type 'string'");
  std::string text(value.get_string());
  const auto length = base::utf8_length(text);
  if (!length) invalid(name, nullptr, "is not valid UTF-8");
  if (*length > limit) invalid(name, value, "is too long");
  return text;
}

template <class Choices>
std::string choice_of(std::string_view name, const Json& value, const Choices& choices) {
  std::string text = text_of(name, value);
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
    throw Error(ErrorKind::bad_request, fmt::format("Invalid value '{}' for '{}'", text, name));
  return text;
}

int64_t amount_of(std::string_view name, const Json& value) {
  const auto* number = value.if_int64();
  if (!number) invalid(name, value, "is not of type 'integer'");
  if (*number < 0) invalid(name, value, "is less than the minimum of 0");
  if (*number > 2147483647) invalid(name, value, "is greater than the maximum of 2147483647");
  return *number;
}

bool flag_of(std::string_view name, const Json& value) {
  if (!value.is_bool()) invalid(name, value, "is not of type 'boolean'");
  return value.get_bool();
}

// Formats can not change once there are bytes of that format.
void require_no_data(const Image& image, std::string_view name) {
  if (image.status != "queued")
    throw Error(ErrorKind::forbidden,
                fmt::format("Attribute {} can be only replaced for a queued image.", name));
}

void set_tags(Image& image, const Json& value) {
  if (!value.is_array()) invalid("tags", value, "is not of type 'array'");
  std::set<std::string> tags;
  for (const Json& tag : value.get_array()) tags.insert(text_of("tags", tag));
  image.tags.assign(tags.begin(), tags.end());
}

struct Attribute {
  std::string_view name;
  std::string_view schema;           // JSON
  void (*set)(Image&, const Json&);  // null: read-only
  void (*clear)(Image&);             // null: can not be removed
};

constexpr std::string_view kNullableText = R"({"type":["null","string"],"maxLength":255})";
constexpr std::string_view kFormatSchema = "";  // as the operator has configured it
constexpr std::string_view kLocationList =
    R"({"type":"array","items":{"type":"object","required":["url","metadata"],"properties":{)"
    R"("url":{"type":"string","maxLength":255},"metadata":{"type":"object"},)"
    R"("validation_data":{"type":"object","additionalProperties":false,)"
    R"("required":["os_hash_algo","os_hash_value"],"properties":{)"
    R"("checksum":{"type":"string","minLength":32,"maxLength":32},)"
    R"("os_hash_algo":{"type":"string","maxLength":64},)"
    R"("os_hash_value":{"type":"string","maxLength":128}}}}}})";
constexpr std::string_view kAmount = R"({"type":"integer","minimum":0})";

const std::array kAttributes{
    Attribute{
        "id",
        R"({"type":"string","pattern":"^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"})",
        nullptr, nullptr},
    Attribute{"name", kNullableText,
              [](Image& image, const Json& value) {
                image.name = value.is_null() ? std::nullopt : std::optional(text_of("name", value));
              },
              [](Image& image) { image.name.reset(); }},
    Attribute{
        "status",
        R"({"type":"string","readOnly":true,"enum":["queued","saving","active","killed","deleted","uploading","importing","pending_delete","deactivated"]})",
        nullptr, nullptr},
    Attribute{"visibility", R"({"type":"string","enum":["community","public","private","shared"]})",
              [](Image& image, const Json& value) {
                image.visibility = choice_of("visibility", value, kVisibilities);
              },
              nullptr},
    Attribute{
        "protected", R"({"type":"boolean"})",
        [](Image& image, const Json& value) { image.is_protected = flag_of("protected", value); },
        nullptr},
    Attribute{
        "os_hidden", R"({"type":"boolean"})",
        [](Image& image, const Json& value) { image.os_hidden = flag_of("os_hidden", value); },
        nullptr},
    Attribute{"checksum", R"({"type":["null","string"],"readOnly":true,"maxLength":32})", nullptr,
              nullptr},
    Attribute{"os_hash_algo", R"({"type":["null","string"],"readOnly":true,"maxLength":64})",
              nullptr, nullptr},
    Attribute{"os_hash_value", R"({"type":["null","string"],"readOnly":true,"maxLength":128})",
              nullptr, nullptr},
    Attribute{"owner", kNullableText,
              [](Image& image, const Json& value) { image.owner = text_of("owner", value); },
              nullptr},
    Attribute{"size", R"({"type":["null","integer"],"readOnly":true})", nullptr, nullptr},
    Attribute{"virtual_size", R"({"type":["null","integer"],"readOnly":true})", nullptr, nullptr},
    Attribute{"container_format", kFormatSchema,
              [](Image& image, const Json& value) {
                require_no_data(image, "container_format");
                image.container_format = value.is_null()
                                             ? std::nullopt
                                             : std::optional(text_of("container_format", value));
              },
              nullptr},
    Attribute{"disk_format", kFormatSchema,
              [](Image& image, const Json& value) {
                require_no_data(image, "disk_format");
                image.disk_format =
                    value.is_null() ? std::nullopt : std::optional(text_of("disk_format", value));
              },
              nullptr},
    Attribute{"created_at", R"({"type":"string","readOnly":true})", nullptr, nullptr},
    Attribute{"updated_at", R"({"type":"string","readOnly":true})", nullptr, nullptr},
    Attribute{"tags", R"({"type":"array","items":{"type":"string","maxLength":255}})", set_tags,
              [](Image& image) { image.tags.clear(); }},
    Attribute{"direct_url", R"({"type":"string","readOnly":true})", nullptr, nullptr},
    Attribute{"locations", kLocationList, nullptr, nullptr},
    Attribute{"min_ram", kAmount,
              [](Image& image, const Json& value) { image.min_ram = amount_of("min_ram", value); },
              nullptr},
    Attribute{
        "min_disk", kAmount,
        [](Image& image, const Json& value) { image.min_disk = amount_of("min_disk", value); },
        nullptr},
    Attribute{"stores", R"({"type":"string","readOnly":true})", nullptr, nullptr},
    Attribute{"self", R"({"type":"string","readOnly":true})", nullptr, nullptr},
    Attribute{"file", R"({"type":"string","readOnly":true})", nullptr, nullptr},
    Attribute{"schema", R"({"type":"string","readOnly":true})", nullptr, nullptr},
};

const Attribute* find_base(std::string_view name) {
  for (const Attribute& attribute : kAttributes)
    if (attribute.name == name) return &attribute;
  return nullptr;
}

void check_custom_name(std::string_view name) {
  for (const std::string_view reserved :
       {"deleted", "deleted_at", "location", "is_public", "status_reason"})
    if (name == reserved) refuse_reserved(name);
  if (name.starts_with("os_glance_")) refuse_reserved(name);
  if (name.empty() || name.size() > kNameLimit)
    throw Error(ErrorKind::bad_request, "The name of a property must have 1 to 255 characters.");
}

// What the operator allows of the formats that are known.
template <class Known>
std::vector<std::string> read_formats(const platform::Config& config, std::string_view option,
                                      const Known& known) {
  std::vector<std::string> formats = config.list("image_format", option);
  for (const std::string& format : formats)
    if (std::ranges::find(known, format) == known.end())
      throw Error(ErrorKind::bad_request,
                  fmt::format("\"{}\" in {} of [image_format] is not known", format, option));
  return formats;
}

// Null for what is no format.
const std::vector<std::string>* formats_of(const ImageFormats& formats, std::string_view name) {
  if (name == "disk_format") return &formats.disk;
  return name == "container_format" ? &formats.container : nullptr;
}

void write_format_schema(base::JsonWriter& json, const std::vector<std::string>& formats) {
  json.begin_object();
  json.key("type");
  json.raw(R"(["null","string"])");
  json.key("enum");
  json.begin_array();
  json.raw("null");
  for (const std::string& format : formats) json.value(format);
  json.end_array();
  json.end_object();
}

}  // namespace

ImageFormats read_image_formats(const platform::Config& config) {
  return {read_formats(config, "disk_formats", kDiskFormats),
          read_formats(config, "container_formats", kContainerFormats)};
}

void set_attribute(Image& image, std::string_view name, const Json& value,
                   const ImageFormats& formats) {
  if (const auto* choices = formats_of(formats, name); choices && !value.is_null())
    static_cast<void>(choice_of(name, value, *choices));
  if (const Attribute* attribute = find_base(name)) {
    if (!attribute->set)
      throw Error(ErrorKind::forbidden, fmt::format("Attribute '{}' is read-only.", name));
    attribute->set(image, value);
    return;
  }
  check_custom_name(name);
  image.properties[std::string(name)] = text_of(name, value, 65535);
}

void remove_attribute(Image& image, std::string_view name) {
  if (const Attribute* attribute = find_base(name)) {
    if (!attribute->clear)
      throw Error(ErrorKind::forbidden, fmt::format("Property {} may not be removed.", name));
    attribute->clear(image);
    return;
  }
  if (image.properties.erase(std::string(name)) == 0)
    throw Error(ErrorKind::conflict, fmt::format("Property {} does not exist.", name));
}

void refuse_reserved(std::string_view name) {
  throw Error(ErrorKind::forbidden, fmt::format("Attribute '{}' is reserved.", name));
}

bool is_base_attribute(std::string_view name) { return find_base(name) != nullptr; }

bool has_attribute(const Image& image, std::string_view name) {
  return find_base(name) || image.properties.contains(std::string(name));
}

std::string_view location_list_schema() { return kLocationList; }

std::string image_schema(const ImageFormats& formats) {
  base::JsonWriter json;
  json.begin_object();
  json.field("name", "image");
  json.key("properties");
  json.begin_object();
  for (const Attribute& attribute : kAttributes) {
    json.key(attribute.name);
    if (const auto* choices = formats_of(formats, attribute.name))
      write_format_schema(json, *choices);
    else
      json.raw(attribute.schema);
  }
  json.end_object();
  json.key("additionalProperties");
  json.raw(R"({"type":"string"})");
  json.key("links");
  json.raw(
      R"([{"rel":"self","href":"{self}"},{"rel":"enclosure","href":"{file}"},{"rel":"describedby","href":"{schema}"}])");
  json.end_object();
  return json.take();
}

}  // namespace glance::api
