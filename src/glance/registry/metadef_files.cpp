#include "glance/registry/metadef_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "base/text.hpp"
#include "glance/store/metadefs.hpp"
#include "openstack/schema.hpp"
#include "platform/database/rows.hpp"

namespace glance::registry {
namespace {

namespace fs = std::filesystem;

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using platform::Session;
using store::NamespaceRow;

constexpr std::string_view kEnding = ".json";
constexpr std::string_view kOwner = "admin";  // as Glance's, of a file that names none
constexpr size_t kLongestBody = 65535;        // of a TEXT column

constexpr std::string_view kFileSchema =
    R"({"type":"object","required":["namespace"],"properties":{)"
    R"("namespace":{"type":"string","minLength":1,"maxLength":80},)"
    R"("display_name":{"type":["null","string"],"maxLength":80},)"
    R"("description":{"type":["null","string"],"maxLength":500},)"
    R"("visibility":{"type":"string","enum":["public","private"]},)"
    R"("protected":{"type":"boolean"},"owner":{"type":"string","maxLength":255},)"
    R"("resource_type_associations":{"type":"array","items":{"$ref":"#/definitions/named"}},)"
    R"("objects":{"type":"array","items":{"$ref":"#/definitions/named"}},)"
    R"("tags":{"type":"array","items":{"$ref":"#/definitions/named"}},)"
    R"("properties":{"type":"object","additionalProperties":{"type":"object"}}},)"
    R"("definitions":{"named":{"type":"object","required":["name"],"properties":{)"
    R"("name":{"type":"string","minLength":1,"maxLength":80}}}}})";

// Lists of a file, and what they hold.
struct FileList {
  std::string_view name;
  std::string_view kind;
};
constexpr std::array kFileLists{
    FileList{"resource_type_associations", kMetadefResourceType},
    FileList{"objects", kMetadefObject},
    FileList{"tags", kMetadefTag},
};

// ---- from files

[[noreturn]] void refuse_file(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !text) refuse_file("it can not be read");
  return text.str();
}

std::vector<std::string> list_files(const std::string& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.is_regular_file(error) && entry.path().string().ends_with(kEnding))
      files.push_back(entry.path().string());
  if (files.empty())
    refuse_file(fmt::format("{}: no files *.json with metadata definitions there", path));
  std::ranges::sort(files);
  return files;
}

std::optional<std::string> optional_text(const Json& json, std::string_view name) {
  const Json* value = base::find(json, name);
  return value && value->is_string() ? std::optional(std::string(value->get_string()))
                                     : std::nullopt;
}

MetadefNamespace space_of(const Json& file) {
  MetadefNamespace space;
  space.name = base::get_text(file, "namespace");
  space.display_name = optional_text(file, "display_name");
  space.description = optional_text(file, "description");
  space.visibility = base::text_or(file, "visibility", "private");
  space.is_protected = base::boolean_or(file, "protected", false);
  space.owner = base::text_or(file, "owner", kOwner);
  return space;
}

// What is null in a file, as exports have it, is not there.
Metadef metadef_of(std::string_view kind, std::string name, const Json& json) {
  Metadef metadef{std::string(kind), std::move(name), JsonObject(), {}, {}};
  JsonObject& body = metadef.body.as_object();
  for (const auto& [key, value] : json.as_object())
    if (key != "name" && !value.is_null()) body[key] = value;
  if (metadef.name.empty() || metadef.name.size() > 80)
    refuse_file(fmt::format("the name \"{}\" must have 1 to 80 characters", metadef.name));
  if (base::to_text(metadef.body).size() > kLongestBody)
    refuse_file(fmt::format("the {} {} is larger than {} bytes", kind, metadef.name, kLongestBody));
  return metadef;
}

MetadefContents parse_file(const std::string& path) {
  static const openstack::Schema schema(kFileSchema);
  const Json file = base::parse_json(read_file(path));
  schema.validate(file);
  MetadefContents contents{space_of(file), {}};
  for (const FileList& list : kFileLists)
    if (const Json* items = base::find(file, list.name))
      for (const Json& item : items->as_array())
        contents.metadefs.push_back(metadef_of(list.kind, base::get_text(item, "name"), item));
  if (const Json* properties = base::find(file, "properties"))
    for (const auto& [name, property] : properties->as_object())
      contents.metadefs.push_back(
          metadef_of(kMetadefProperty, std::string(std::string_view(name)), property));
  return contents;
}

// ---- into the database

void put_metadef(Session& session, const NamespaceRow& space, const Metadef& metadef,
                 IfThere if_there) {
  if (!store::find_metadef(session, space.id, metadef.kind, metadef.name))
    store::insert_metadef(session, space.id, metadef);
  else if (if_there == IfThere::prefer_new)
    store::update_metadef(session, space.id, metadef.name, metadef);
}

// False: it was there and stays as it is.
bool put_namespace(Session& session, const std::string& id, const MetadefContents& contents,
                   IfThere if_there) {
  NamespaceRow row = store::to_row(id, contents.space);
  auto there = store::find_namespace(session, row.name);
  if (there && if_there == IfThere::skip) return false;
  if (there && if_there == IfThere::overwrite) {
    store::delete_namespace(session, there->id);
    there.reset();
  }
  if (!there) {
    platform::insert(session, row);
  } else {
    row.id = there->id;
    row.created_at = there->created_at;
    if (if_there == IfThere::prefer_new) platform::update(session, row);
  }
  for (const Metadef& metadef : contents.metadefs) put_metadef(session, row, metadef, if_there);
  return true;
}

bool load_file(const platform::Runtime& runtime, platform::Database& database,
               const std::string& path, IfThere if_there) {
  MetadefContents contents = parse_file(path);
  const base::TimePoint now = runtime.clock.now();
  contents.space.created_at = contents.space.updated_at = now;
  for (Metadef& metadef : contents.metadefs) metadef.created_at = metadef.updated_at = now;
  const std::string id = runtime.random.uuid();
  return database.write("load metadefs", [&](Session& session) {
    return put_namespace(session, id, contents, if_there);
  });
}

// ---- to files

Json json_of(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

Json with_name(const Metadef& metadef) {
  JsonObject object{{"name", metadef.name}};
  for (const auto& [key, value] : metadef.body.as_object()) object[key] = value;
  return object;
}

Json file_of(const MetadefNamespace& space, const std::vector<Metadef>& metadefs) {
  JsonObject file{{"namespace", space.name},
                  {"display_name", json_of(space.display_name)},
                  {"description", json_of(space.description)},
                  {"visibility", space.visibility},
                  {"protected", space.is_protected},
                  {"owner", space.owner}};
  for (const FileList& list : kFileLists) {
    JsonArray items;
    for (const Metadef& metadef : metadefs)
      if (metadef.kind == list.kind) items.push_back(with_name(metadef));
    file[list.name] = std::move(items);
  }
  JsonObject properties;
  for (const Metadef& metadef : metadefs)
    if (metadef.kind == kMetadefProperty) properties[metadef.name] = metadef.body;
  file["properties"] = std::move(properties);
  return file;
}

// Glance takes the letters and digits of the display name, of which two namespaces may have one.
std::string file_name(const MetadefNamespace& space, const std::vector<std::string>& taken) {
  std::string name;
  for (const char c : space.display_name.value_or(space.name))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  if (name.empty()) name = "namespace";
  std::string unique = name;
  for (int i = 2; std::ranges::find(taken, unique) != taken.end(); ++i)
    unique = fmt::format("{}{}", name, i);
  return unique;
}

void write_metadef_file(const std::string& path, const Json& json) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << base::to_text(json) << '\n';
  file.close();
  if (!file) throw Error(ErrorKind::unavailable, fmt::format("{} can not be written", path));
}

std::vector<MetadefNamespace> list_all_namespaces(Session& session) {
  ListMetadefNamespaces all;
  all.viewer.admin = true;
  all.sort = {{"name", true}};
  all.limit = std::numeric_limits<int32_t>::max();
  std::vector<MetadefNamespace> spaces;
  for (MetadefContents& contents : store::list_namespaces(session, all))
    spaces.push_back(std::move(contents.space));
  return spaces;
}

}  // namespace

LoadedMetadefs load_metadefs(const platform::Runtime& runtime, platform::Database& database,
                             const std::string& path, IfThere if_there) {
  LoadedMetadefs report;
  for (const std::string& file : list_files(path)) {
    try {
      (load_file(runtime, database, file, if_there) ? report.loaded : report.skipped)
          .push_back(file);
    } catch (const Error& error) {
      report.failures.push_back(fmt::format("{}: {}", file, error.message()));
    }
  }
  return report;
}

void unload_metadefs(platform::Database& database) {
  database.write("unload metadefs", [](Session& session) {
    for (const MetadefNamespace& space : list_all_namespaces(session))
      store::delete_namespace(session, store::find_namespace(session, space.name)->id);
    store::delete_resource_types(session);
  });
}

std::vector<std::string> export_metadefs(platform::Database& database,
                                         const std::string& directory) {
  std::vector<std::string> names;
  std::vector<std::string> paths;
  database.read([&](Session& session) {
    for (const MetadefNamespace& space : list_all_namespaces(session)) {
      names.push_back(file_name(space, names));
      paths.push_back(fmt::format("{}/{}{}", directory, names.back(), kEnding));
      const auto row = store::find_namespace(session, space.name);
      write_metadef_file(paths.back(), file_of(space, store::list_all_metadefs(session, row->id)));
    }
  });
  return paths;
}

}  // namespace glance::registry
