// JSON for plain structs that are described once with BOOST_DESCRIBE_STRUCT: bus messages and saga
// state. API bodies are not made this way: their names and shapes belong to OpenStack.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <map>

#include "base/error.hpp"
#include "base/json.hpp"

namespace base {

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

template <class T>
Json to_json(const T& value);
// Throws Error(bad_request) if the shape does not fit. A missing member keeps its default, so that
// a newer reader understands an older writer; an unknown member is ignored.
template <class T>
T from_json(const Json& json);

namespace detail {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsTextMap : std::false_type {};
template <class T>
struct IsTextMap<std::map<std::string, T>> : std::true_type {};

[[noreturn]] void refuse_json(const char* expected);

template <class T>
Json object_to_json(const T& value) {
  JsonObject object;
  using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>(
      [&](auto member) { object[member.name] = to_json(value.*member.pointer); });
  return object;
}

template <class T>
T object_from_json(const Json& json) {
  if (!json.is_object()) refuse_json("object");
  T value{};
  using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Field = std::remove_reference_t<decltype(value.*member.pointer)>;
    if (const Json* found = json.get_object().if_contains(member.name))
      value.*member.pointer = from_json<Field>(*found);
  });
  return value;
}

}  // namespace detail

template <class T>
Json to_json(const T& value) {
  if constexpr (std::is_same_v<T, Json>) {
    return value;
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    return value.time_since_epoch().count();
  } else if constexpr (std::is_same_v<T, Duration>) {
    return value.count();
  } else if constexpr (detail::IsOptional<T>::value) {
    return value ? to_json(*value) : Json(nullptr);
  } else if constexpr (detail::IsVector<T>::value) {
    JsonArray array;
    for (const auto& item : value)
      array.push_back(to_json(static_cast<const typename T::value_type&>(item)));
    return array;
  } else if constexpr (detail::IsTextMap<T>::value) {
    JsonObject object;
    for (const auto& [key, item] : value) object[key] = to_json(item);
    return object;
  } else if constexpr (Described<T>) {
    return detail::object_to_json(value);
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<int64_t>(value);
  } else {
    return Json(value);
  }
}

template <class T>
T from_json(const Json& json) {
  if constexpr (std::is_same_v<T, Json>) {
    return json;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_bool()) detail::refuse_json("boolean");
    return json.get_bool();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) detail::refuse_json("string");
    return std::string(json.get_string());
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    return TimePoint{Duration{from_json<int64_t>(json)}};
  } else if constexpr (std::is_same_v<T, Duration>) {
    return Duration{from_json<int64_t>(json)};
  } else if constexpr (detail::IsOptional<T>::value) {
    if (json.is_null()) return std::nullopt;
    return from_json<typename T::value_type>(json);
  } else if constexpr (detail::IsVector<T>::value) {
    if (!json.is_array()) detail::refuse_json("array");
    T items;
    for (const Json& item : json.get_array())
      items.push_back(from_json<typename T::value_type>(item));
    return items;
  } else if constexpr (detail::IsTextMap<T>::value) {
    if (!json.is_object()) detail::refuse_json("object");
    T items;
    for (const auto& [key, item] : json.get_object())
      items[std::string(key)] = from_json<typename T::mapped_type>(item);
    return items;
  } else if constexpr (Described<T>) {
    return detail::object_from_json<T>(json);
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(from_json<int64_t>(json));
  } else if constexpr (std::is_floating_point_v<T>) {
    boost::system::error_code error;
    const T number = json.to_number<T>(error);
    if (error) detail::refuse_json("number");
    return number;
  } else {
    boost::system::error_code error;
    const T number = json.to_number<T>(error);
    if (error) detail::refuse_json("integer");
    return number;
  }
}

}  // namespace base
