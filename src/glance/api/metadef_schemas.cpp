// As glance/api/v2/metadef_*.py have them. That what is read-only is refused before, with another
// status, is metadefs.cpp's.
#include "glance/api/metadef_schemas.hpp"

namespace glance::api {
namespace {

const std::string kNumbersAndTexts =
    R"("positiveInteger":{"minimum":0,"type":"integer"},)"
    R"("positiveIntegerDefault0":{"allOf":[{"$ref":"#/definitions/positiveInteger"},{"default":0}]},)"
    R"("stringArray":{"type":"array","items":{"type":"string"},"uniqueItems":true)";

const std::string kType =
    R"("type":{"type":"string","enum":["array","boolean","integer","number","object","string",null]})";

// What a property says of itself.
const std::string kPropertyMembers =
    R"({"name":{"type":"string","maxLength":80},"title":{"type":"string"},)"
    R"("description":{"type":"string"},"operators":{"type":"array","items":{"type":"string"}},)" +
    kType +
    R"(,"required":{"$ref":"#/definitions/stringArray"},"minimum":{"type":"number"},)"
    R"("maximum":{"type":"number"},"maxLength":{"$ref":"#/definitions/positiveInteger"},)"
    R"("minLength":{"$ref":"#/definitions/positiveIntegerDefault0"},)"
    R"("pattern":{"type":"string","format":"regex"},"enum":{"type":"array"},)"
    R"("readonly":{"type":"boolean"},"default":{},"items":{"type":"object","properties":{)" +
    kType +
    R"(,"enum":{"type":"array"}}},"maxItems":{"$ref":"#/definitions/positiveInteger"},)"
    R"("minItems":{"$ref":"#/definitions/positiveIntegerDefault0"},)"
    R"("uniqueItems":{"type":"boolean","default":false},"additionalItems":{"type":"boolean"}})";

const std::string kDefinitions = "{" + kNumbersAndTexts +
                                 R"(},"property":{"type":"object","additionalProperties":)"
                                 R"({"type":"object","required":["title","type"],"properties":)" +
                                 kPropertyMembers + "}}}";

const std::string kPropertyDefinitions = "{" + kNumbersAndTexts + R"(,"minItems":1}})";

std::string times(const std::string& of_what) {
  return R"("created_at":{"type":"string","description":"Date and time of )" + of_what +
         R"t( creation (READ-ONLY)","format":"date-time"},)t"
         R"("updated_at":{"type":"string","description":"Date and time of the last )" +
         of_what + R"t( modification (READ-ONLY)","format":"date-time"})t";
}

}  // namespace

const ResourceSchema& metadef_namespace_schema() {
  static const ResourceSchema schema({
      "namespace",
      R"({"namespace":{"type":"string","description":"The unique namespace text.","maxLength":80},)"
      R"("display_name":{"type":"string","description":"The user friendly name for the namespace. )"
      R"(Used by UI if available.","maxLength":80},"description":{"type":"string","description":)"
      R"("Provides a user friendly description of the namespace.","maxLength":500},)"
      R"("visibility":{"type":"string","description":"Scope of namespace accessibility.",)"
      R"("enum":["public","private"]},"protected":{"type":"boolean","description":)"
      R"("If true, namespace will not be deletable."},"owner":{"type":"string","description":)"
      R"("Owner of the namespace.","maxLength":255},"schema":{"readOnly":true,"type":"string"},)"
      R"("self":{"readOnly":true,"type":"string"},"resource_type_associations":{"type":"array",)"
      R"("items":{"type":"object","properties":{"name":{"type":"string"},"prefix":)"
      R"({"type":"string"},"properties_target":{"type":"string"}}}},)"
      R"("properties":{"$ref":"#/definitions/property"},"objects":{"type":"array","items":)"
      R"({"type":"object","properties":{"name":{"type":"string"},"description":{"type":"string"},)"
      R"("required":{"$ref":"#/definitions/stringArray"},)"
      R"("properties":{"$ref":"#/definitions/property"}}}},"tags":{"type":"array","items":)"
      R"({"type":"object","properties":{"name":{"type":"string"}}}},)" +
          times("namespace") + "}",
      R"(["namespace"])",
      kDefinitions,
  });
  return schema;
}

const ResourceSchema& metadef_object_schema() {
  static const ResourceSchema schema({
      "object",
      R"({"name":{"type":"string","maxLength":80},"description":{"type":"string"},)"
      R"("required":{"$ref":"#/definitions/stringArray"},)"
      R"("properties":{"$ref":"#/definitions/property"},"schema":{"readOnly":true,)"
      R"("type":"string"},"self":{"readOnly":true,"type":"string"},)" +
          times("object") + "}",
      R"(["name"])",
      kDefinitions,
  });
  return schema;
}

const ResourceSchema& metadef_property_schema(PropertyName named) {
  static const ResourceSchema by_itself(
      {"property", kPropertyMembers, R"(["type","title","name"])", kPropertyDefinitions});
  static const ResourceSchema among_others(
      {"property", kPropertyMembers, R"(["type","title"])", kPropertyDefinitions});
  return named == PropertyName::member ? by_itself : among_others;
}

const ResourceSchema& metadef_tag_schema() {
  static const ResourceSchema schema(
      {"tag", R"({"name":{"type":"string","maxLength":80},)" + times("tag") + "}", R"(["name"])"});
  return schema;
}

const ResourceSchema& metadef_tags_schema() {
  static const ResourceSchema schema({
      "tags",
      R"({"tags":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string",)"
      R"("maxLength":80}},"required":["name"],"additionalProperties":false}}})",
  });
  return schema;
}

const ResourceSchema& metadef_resource_type_schema() {
  static const ResourceSchema schema({
      "resource_type_association",
      R"({"name":{"type":"string","description":"Resource type names should be aligned with Heat )"
      R"(resource types whenever possible: )"
      R"(https://docs.openstack.org/heat/latest/template_guide/openstack.html","maxLength":80},)"
      R"("prefix":{"type":"string","description":"Specifies the prefix to use for the given )"
      R"(resource type. Any properties in the namespace should be prefixed with this prefix when )"
      R"(being applied to the specified resource type. Must include prefix separator (e.g. a )"
      R"(colon :).","maxLength":80},"properties_target":{"type":"string","description":"Some )"
      R"(resource types allow more than one key / value pair per instance. For example, Cinder )"
      R"(allows user and image metadata on volumes. Only the image properties metadata is )"
      R"(evaluated by Nova (scheduling or drivers). This property allows a namespace target to )"
      R"(remove the ambiguity.","maxLength":80},)" +
          times("resource type association") + "}",
      R"(["name"])",
  });
  return schema;
}

}  // namespace glance::api
