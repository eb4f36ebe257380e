/* The meaning of plain scalars: the core schema with the additions that orun's documents are
 * written for. */
#include "yaml_document.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words; words++) {
        if (strlen(*words) == length && memcmp(*words, text, length) == 0)
            return true;
    }
    return false;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One or two digits within a range; moves *at. */
static bool short_number(const char **at, int low, int high, int *out)
{
    const char *s = *at;
    if (!digit(*s))
        return false;
    int n = *s++ - '0';
    if (digit(*s))
        n = n * 10 + (*s++ - '0');
    *at = s;
    *out = n;
    return n >= low && n <= high;
}

static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool day_exists(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool zone(const char **at, int *offset)
{
    const char *s = *at;
    *offset = 0;
    if (*s == 'Z') {
        *at = s + 1;
        return true;
    }
    if ((*s != '+' && *s != '-') || !digit(s[1]) || !digit(s[2]) || s[3] != ':' || !digit(s[4]) ||
        !digit(s[5]))
        return false;
    int hours = (s[1] - '0') * 10 + s[2] - '0', minutes = (s[4] - '0') * 10 + s[5] - '0';
    if (hours > 23 || minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * 60 * (*s == '-' ? -1 : 1);
    *at = s + 6;
    return true;
}

/* A date, or a date and time: with T the zone is needed, with a space there is none. */
static bool timestamp(const char *s, struct orun_time *t)
{
    int year = 0, month, day, hour = 0, minute = 0, second = 0;
    for (int i = 0; i < 4; i++, s++) {
        if (!digit(*s))
            return false;
        year = year * 10 + (*s - '0');
    }
    if (*s++ != '-' || !short_number(&s, 1, 12, &month) || *s++ != '-' ||
        !short_number(&s, 1, 31, &day) || !day_exists(year, month, day))
        return false;
    t->nanoseconds = 0;
    t->offset = 0;
    if (*s) {
        char separator = *s++;
        if (separator != 'T' && separator != 't' && separator != ' ')
            return false;
        while (separator == ' ' && *s == ' ')
            s++;
        if (!short_number(&s, 0, 23, &hour) || *s++ != ':' || !short_number(&s, 0, 59, &minute) ||
            *s++ != ':' || !short_number(&s, 0, 59, &second))
            return false;
        if ((*s == '.' || *s == ',') && digit(s[1])) {
            int32_t unit = 100000000;
            for (s++; digit(*s); s++, unit /= 10)
                t->nanoseconds += (*s - '0') * unit;
        }
        int offset = 0;
        if (separator != ' ' && !zone(&s, &offset))
            return false;
        t->offset = offset;
        if (*s)
            return false;
    }
    t->seconds =
        days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - t->offset;
    return true;
}

/* Digits of a base, all of them; magnitude within 64 bits. */
static bool magnitude(const char *s, int base, uint64_t *out)
{
    if (!*s || *s == '+' || *s == '-' || *s == ' ')
        return false;
    if (base == 16 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
        return false;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(s, &end, base);
    if (errno || *end)
        return false;
    *out = n;
    return true;
}

static bool integer(const char *text, struct yaml_scalar *s)
{
    bool negative = *text == '-';
    const char *digits = text + (*text == '-' || *text == '+');
    int base = 10;
    if (digits[0] == '0' && digits[1]) {
        char c = digits[1];
        base = c == 'x' || c == 'X' ? 16 : c == 'b' || c == 'B' ? 2 : 8;
        digits += c == 'x' || c == 'X' || c == 'b' || c == 'B' || c == 'o' || c == 'O' ? 2 : 1;
    }
    uint64_t n;
    if (!magnitude(digits, base, &n))
        return false;
    if (negative ? n > (uint64_t)INT64_MAX + 1 : false)
        return false;
    if (!negative && n > INT64_MAX) {
        if (*text == '+')
            return false; /* the unsigned form takes no sign, and a float is left */
        s->kind = ORUN_UINT64;
        s->unsigned_integer = n;
        return true;
    }
    s->kind = ORUN_INTEGER;
    s->integer = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *s)
{
    if (*s == '-' || *s == '+')
        s++;
    int before = 0, after = 0;
    for (; digit(*s); s++)
        before++;
    if (*s == '.') {
        for (s++; digit(*s); s++)
            after++;
    }
    if (before == 0 && after == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '-' || *s == '+')
            s++;
        if (!digit(*s))
            return false;
        while (digit(*s))
            s++;
    }
    return *s == '\0';
}

static bool floating(const char *text, struct yaml_scalar *s)
{
    if (!looks_like_float(text))
        return false;
    double n = strtod(text, NULL);
    if (!isfinite(n))
        return false;
    s->kind = ORUN_FLOAT;
    s->number = n;
    return true;
}

/* Text that begins like a number. Underscores count for nothing, wherever they stand. */
static void number(const char *text, size_t length, struct yaml_scalar *s)
{
    char room[128];
    if (memchr(text, '\0', length) || (text[0] == '.' && text[1] == '_'))
        return;
    if (timestamp(text, &s->time)) {
        s->kind = ORUN_TIME;
        return;
    }
    /* A word that goes on with other letters needs no copy: no number, however long, has them. */
    if (strspn(text, "0123456789abcdefABCDEFxXoO_.+-") != length)
        return;
    char *plain = length < sizeof room ? room : malloc(length + 1);
    if (!plain)
        return;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '_')
            plain[n++] = text[i];
    }
    plain[n] = '\0';
    if (text[0] == '.' || !integer(plain, s))
        floating(plain, s);
    if (plain != room)
        free(plain);
}

void yaml_resolve(const char *text, size_t length, struct yaml_scalar *s)
{
    static const char *const nulls[] = {"~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};
    static const char *const infinite[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL};
    static const char *const minus_infinite[] = {"-.inf", "-.Inf", "-.INF", NULL};
    static const char *const nan[] = {".nan", ".NaN", ".NAN", NULL};
    s->kind = ORUN_STRING;
    char first = length ? text[0] : '\0';
    if (length == 0 || one_of(text, length, nulls)) {
        s->kind = ORUN_NULL;
    } else if (one_of(text, length, yes) || one_of(text, length, no)) {
        s->kind = ORUN_BOOLEAN;
        s->boolean = first == 't' || first == 'T';
    } else if (one_of(text, length, infinite) || one_of(text, length, minus_infinite) ||
               one_of(text, length, nan)) {
        s->kind = ORUN_FLOAT;
        s->number = one_of(text, length, nan) ? NAN : first == '-' ? -INFINITY : INFINITY;
    } else if (digit(first) || first == '.' || first == '+' || first == '-') {
        number(text, length, s);
    }
}
